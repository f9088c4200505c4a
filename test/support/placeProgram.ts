import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** An executable file that runs that text with Node. CommonJS, for it has no extension. */
export async function placeProgram(file: string, text: string): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `#!${process.execPath}\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}
