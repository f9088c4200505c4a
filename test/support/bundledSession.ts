/**
 * LanguageSession with the real vscode-languageclient over the fake `vscode`. The client asks for
 * `vscode` with `require`, where vitest's aliases do not reach; the bundler's do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as esbuild from 'esbuild';
import type * as documentGate from '../../extension/documentGate.ts';
import type * as languageSession from '../../extension/languageSession.ts';
import type * as fakeVscode from './fakeVscode.ts';

export type BundledSession = Pick<typeof languageSession, 'LanguageSession'> &
  Pick<typeof documentGate, 'DocumentGate'> &
  Pick<typeof fakeVscode, 'fake' | 'Uri'>;

const entry = `
  export { LanguageSession } from './extension/languageSession.ts';
  export { DocumentGate } from './extension/documentGate.ts';
  export { fake, Uri } from './test/support/fakeVscode.ts';
`;

/** The bundle has a fake of its own: drive it through the one that is returned. */
export async function bundleSession(): Promise<BundledSession> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-session-'));
  try {
    const outfile = path.join(folder, 'session.cjs');
    await esbuild.build({
      stdin: { contents: entry, resolveDir: process.cwd(), loader: 'ts' },
      alias: { vscode: './test/support/fakeVscode.ts' },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile,
    });
    return createRequire(import.meta.url)(outfile) as BundledSession;
  } finally {
    await rm(folder, { recursive: true });
  }
}
