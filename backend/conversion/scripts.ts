/** The Python that we bring: beside this file in the sources, beside the bundle in a build. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';

export type Script = 'import_gguf.py' | 'lower.py' | 'run_tool.py';

export function scriptText(name: Script): Promise<string> {
  return readFile(path.join(import.meta.dirname, 'python', name), 'utf8');
}
