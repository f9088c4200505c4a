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

/** Of the installed libraries. @param root stands for `/` */
export async function installedVersion(root = '/'): Promise<string | undefined> {
  return versionOf(path.join(root, 'opt/sophon/libsophon-current'));
}

/**
 * Of the libraries in a folder, by what the links lead to, such as `libsophon-0.5.1` or its `lib`;
 * undefined when there is none, or when its name does not say.
 */
export async function versionOf(folder: string): Promise<string | undefined> {
  const target = await realpath(folder).catch(() => '');
  return /\/libsophon-(\d+(?:\.\d+)+)[^/]*(?:\/lib)?$/.exec(target)?.[1];
}
