/** Versions of libsophon. */
import { realpath } from 'node:fs/promises';
import path from 'node:path';

/** By their numbers, `0.5.1` before `0.5.10`: negative, 0 or positive. What is missing counts as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/\D+/).filter(Boolean).map(Number));
  for (let i = 0; i < Math.max(left?.length ?? 0, right?.length ?? 0); i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Of the installed libraries, by the folder that `/opt/sophon/libsophon-current` leads to, such as
 * `libsophon-0.5.1`; undefined when there is none, or when its name does not say.
 * @param root stands for `/`
 */
export async function installedVersion(root = '/'): Promise<string | undefined> {
  const current = path.join(root, 'opt/sophon/libsophon-current');
  const folder = await realpath(current).catch(() => '');
  return /^libsophon-(\d+(?:\.\d+)+)/.exec(path.basename(folder))?.[1];
}
