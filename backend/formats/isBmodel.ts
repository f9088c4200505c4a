/** Telling a compiled model from others by its first bytes. */
import { open, readdir, stat } from 'node:fs/promises';

/** The first four bytes of a bmodel, as a little-endian number. */
export const BMODEL_MAGIC = 0xff55aaee;

/** Names of the bmodels in a folder. @throws the file system's error */
export async function bmodelsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.bmodel'));
}

/**
 * True for a bmodel file, and for a folder with one.
 * @throws the file system's error when the path cannot be read
 */
export async function isBmodel(path: string): Promise<boolean> {
  if ((await stat(path)).isDirectory()) {
    return (await bmodelsIn(path)).length > 0;
  }
  const file = await open(path, 'r');
  try {
    const begin = Buffer.alloc(4);
    await file.read(begin, 0, begin.length, 0);
    return begin.readUInt32LE(0) === BMODEL_MAGIC;
  } finally {
    await file.close();
  }
}
