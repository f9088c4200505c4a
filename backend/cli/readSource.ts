/** A file of source text, within bounds. */
import { open } from 'node:fs/promises';
import { PilotError } from '../protocol/errors.ts';

/** Bytes; larger files are generated, and no editor completes in them. */
const MAX_BYTES = 4 * 1024 * 1024;

/** @throws PilotError fileUnreadable when it is missing, no file, too large or not UTF-8 */
export async function readSource(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        await file.readFile(),
      );
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new PilotError('fileUnreadable', { path, reason }, { cause });
  }
}
