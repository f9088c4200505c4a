/** Asks a Python script of this folder, in the environment of the compiler. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { toolchainHome } from './linkToolchain.ts';
import { run } from './run.ts';

/**
 * @param script run with `args`, the file of the request, and the file that the answer goes to
 * @returns the answer, which is JSON as the request is
 */
export async function askPython(
  script: string,
  args: readonly string[],
  request: unknown,
): Promise<unknown> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-reference-'));
  try {
    const [requestFile, answerFile] = [path.join(folder, 'request'), path.join(folder, 'answer')];
    await writeFile(requestFile, JSON.stringify(request));
    const python = toolchainLayout(toolchainHome).python;
    const words = [path.join(import.meta.dirname, script), ...args, requestFile, answerFile];
    await run(python, words, { timeoutMs: 300_000 });
    return JSON.parse(await readFile(answerFile, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
