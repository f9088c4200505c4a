/** Single values in the files of the kernel driver. */
import { readFile } from 'node:fs/promises';

/** The text of a file without the space around it; undefined when it cannot be read or is empty. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** What the driver writes for a value that the board does not have, or whose sensor failed. */
const NOTHING = /^(N\/A|F|none|.*not support.*|unsupport.*)$/i;

export async function readWord(path: string): Promise<string | undefined> {
  const text = await readText(path);
  return text === undefined || NOTHING.test(text) ? undefined : text;
}

/**
 * The driver's marks for "not supported" and "failed", 0xFFFFFC00 and 0xFFFFFC01
 * (libsophon driver/bm_attr.h ATTR_NOTSUPPORTED_VALUE, ATTR_FAULT_VALUE), as its %d and %u print them.
 */
const MARKS = new Set([0xfffffc00, 0xfffffc01, 0xfffffc00 - 2 ** 32, 0xfffffc01 - 2 ** 32]);

export function isMark(value: number): boolean {
  return MARKS.has(value);
}

/** `54 C`, `950MHz`, `2`: the number, when the text is one in that unit. */
export function parseMeasure(text: string | undefined, unit = ''): number | undefined {
  const [, digits, found] = /^(-?\d+)\s*([a-z]*)$/i.exec(text ?? '') ?? [];
  if (digits === undefined || found?.toLowerCase() !== unit.toLowerCase()) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) && !isMark(value) ? value : undefined;
}

export async function readMeasure(path: string, unit = ''): Promise<number | undefined> {
  return parseMeasure(await readText(path), unit);
}
