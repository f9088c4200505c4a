/** Telling a compiled model from others by its first bytes. */
import { open, readdir, stat } from 'node:fs/promises';
import { FormatError } from './fileCursor.ts';

/** The first four bytes of a bmodel, as a little-endian number. */
export const BMODEL_MAGIC = 0xff55aaee;

/** Names of the bmodels in a folder. @throws the file system's error */
async function bmodelsIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.bmodel'));
}

/**
 * The name of the compiled model in a folder.
 * @throws FormatError when there is none, or more than one; the file system's error
 */
export async function onlyBmodelIn(folder: string): Promise<string> {
  const [name, ...others] = await bmodelsIn(folder);
  if (name === undefined) throw new FormatError('it has no bmodel');
  if (others.length > 0) throw new FormatError('it has several bmodels; name one');
  return name;
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
