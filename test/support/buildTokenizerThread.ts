/** A worker thread runs JavaScript: the tokenizer's, bundled into a temporary folder. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

export interface TokenizerThreadBuild {
  readonly workerModule: URL;
  remove(): Promise<void>;
}

export async function buildTokenizerThread(): Promise<TokenizerThreadBuild> {
  const folder = await mkdtemp(join(tmpdir(), 'tpu-pilot-tokenizer-thread-'));
  const outfile = join(folder, 'tokenizerThread.mjs');
  await esbuild.build({
    entryPoints: [new URL('../../backend/tokenizer/tokenizerThread.ts', import.meta.url).pathname],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  return {
    workerModule: pathToFileURL(outfile),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
