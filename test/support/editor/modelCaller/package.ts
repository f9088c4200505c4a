/** Packs the calling extension, and has it call. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { vi } from 'vitest';
import { run } from '../../run.ts';
import type { Workbench } from '../workbench.ts';
import { CALL_FILE, Outcome, OUTCOME_FILE, type ModelCall } from './call.ts';

const require = createRequire(import.meta.url);

/** @returns the path of the .vsix, in the folder given */
export async function packageModelCaller(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await cp(join(import.meta.dirname, 'package.json'), join(folder, 'package.json'));
  await writeFile(join(folder, 'LICENSE'), 'MIT\n');
  await writeFile(join(folder, 'README.md'), 'Part of the tests of TPU Pilot.\n');
  await build({
    entryPoints: [join(import.meta.dirname, 'extension.ts')],
    outfile: join(folder, 'extension.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
    logLevel: 'error',
  });
  const file = join(folder, 'model-caller.vsix');
  await run(
    process.execPath,
    [
      require.resolve('@vscode/vsce/vsce'),
      ...['package', '--out', file, '--no-dependencies', '--allow-missing-repository'],
    ],
    { cwd: folder, timeoutMs: 120_000 },
  );
  return file;
}

/** Calls the model from the extension in a window on `workspace`. */
export async function callModel(
  window: Workbench,
  workspace: string,
  call: ModelCall,
): Promise<Outcome> {
  const outcome = join(workspace, OUTCOME_FILE);
  await rm(outcome, { force: true });
  await writeFile(join(workspace, CALL_FILE), JSON.stringify(call));
  await window.runCommand('Test: Call Model');
  const text = await vi.waitFor(() => readFile(outcome, 'utf8'), {
    timeout: 120_000,
    interval: 50,
  });
  return Outcome.parse(JSON.parse(text));
}
