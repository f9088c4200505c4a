/** Looks into zip files, which is what a .vsix is. */
import { text } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

export interface ZipContents {
  /** Names of all files. */
  readonly names: readonly string[];
  /** The text of the files that were asked for, by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** @throws Error when the file is no zip archive */
export async function readZip(path: string, wanted: readonly string[]): Promise<ZipContents> {
  const zip = await openPromise(path, { autoClose: false });
  try {
    const names: string[] = [];
    const texts = new Map<string, string>();
    for await (const entry of zip.eachEntry()) {
      names.push(entry.fileName);
      if (!wanted.includes(entry.fileName)) continue;
      texts.set(entry.fileName, await text(await zip.openReadStreamPromise(entry)));
    }
    return { names, texts };
  } finally {
    zip.close();
  }
}
