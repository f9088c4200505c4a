/** Room on the disk, and the file system's refusals as errors that people can act on. */
import { mkdir, statfs } from 'node:fs/promises';
import { PilotError } from '../protocol/errors.ts';

/** Bytes that a user without privileges may still write to the file system of `folder`. */
export type FreeBytes = (folder: string) => Promise<number>;

export const freeBytes: FreeBytes = async (folder) => {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
};

/** Left free, so that a download does not stop everything else on the machine. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/** @throws PilotError diskFull when fewer than `bytes`, and a reserve, are free. */
export async function requireSpace(
  folder: string,
  bytes: number,
  free: FreeBytes = freeBytes,
): Promise<void> {
  const available = await free(folder);
  const needed = bytes + RESERVE_BYTES;
  if (available < needed) {
    throw new PilotError('diskFull', { path: folder, free: available, needed });
  }
}

/** @throws PilotError homeNotWritable, diskFull */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw diskError(error, folder) ?? error;
  }
}

/** The PilotError for a refusal of the file system, or undefined when it is something else. */
export function diskError(
  error: unknown,
  path: string,
  needed: number | 'more' = 'more',
): PilotError | undefined {
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new PilotError('diskFull', { path, free: 0, needed }, { cause: error });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return new PilotError('homeNotWritable', { path, reason: String(error) }, { cause: error });
    default:
      return undefined;
  }
}

/** `code` of a Node.js error. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}
