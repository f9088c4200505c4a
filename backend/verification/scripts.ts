/** The Python that we bring: beside this file in the sources, beside the bundle in a build. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { scriptText } from '../conversion/scripts.ts';

/** They import each other, so they go together into a folder of their own. */
const SCRIPTS = [
  ...['answers.py', 'cases.py', 'compare.py', 'decoder.py', 'device.py'],
  ...['figures.py', 'given.py', 'reference.py', 'report.py'],
];

/** Puts them where a container sees them too. */
export async function copyScripts(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of SCRIPTS) {
    await copyFile(path.join(import.meta.dirname, 'python', name), path.join(folder, name));
  }
  // What a GGUF is converted by.
  const unpacking = 'import_gguf.py';
  await writeFile(path.join(folder, unpacking), await scriptText(unpacking));
}
