/** Runs referenceTokens.py in the environment of the compiler, which has the original tokenizers. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { toolchainHome } from './linkToolchain.ts';
import { run } from './run.ts';

const Answer = z.object({ ids: z.array(z.array(z.int())), seconds: z.array(z.number()) });

export interface ReferenceRequest {
  /** Well-formed: without lone surrogates. */
  readonly texts: readonly string[];
  /** Ids of the tokens that must not be found in texts. */
  readonly special: readonly number[];
  readonly rounds?: number;
}

/** @param file a tokenizer.json */
export async function referenceTokens(
  file: string,
  request: ReferenceRequest,
): Promise<z.infer<typeof Answer>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-reference-'));
  try {
    const [requestFile, answerFile] = [path.join(folder, 'request'), path.join(folder, 'answer')];
    await writeFile(requestFile, JSON.stringify(request));
    const script = path.join(import.meta.dirname, 'referenceTokens.py');
    const python = toolchainLayout(toolchainHome).python;
    await run(python, [script, file, requestFile, answerFile], { timeoutMs: 300_000 });
    return Answer.parse(JSON.parse(await readFile(answerFile, 'utf8')));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
