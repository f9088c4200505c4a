/** The tests' side of the recorder: packs the extension, gives orders, reads requests. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect } from 'vitest';
import { run } from '../../run.ts';
import type { EditorSession } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { Answer, files, folderIn, RecordedRequest, type Order } from './recorded.ts';

const require = createRequire(import.meta.url);

const manifest = {
  name: 'recorder',
  displayName: 'Recorder',
  publisher: 'test',
  version: '1.0.0',
  license: 'MIT',
  main: './extension.cjs',
  engines: { vscode: '^1.104.0' },
  activationEvents: ['onStartupFinished'],
  contributes: {
    commands: [{ command: 'recorder.run', title: 'Recorder: Run' }],
    languageModelChatProviders: [{ vendor: 'recorder', displayName: 'Recorder' }],
  },
};

const LIMIT_MS = 120_000;

/** Makes the extension in a folder, for `SessionOptions.extensions`. */
export async function packRecorder(folder: string): Promise<string[]> {
  const source = join(folder, 'recorder');
  const vsix = join(folder, 'recorder.vsix');
  await mkdir(source, { recursive: true });
  await writeFile(join(source, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(source, 'README.md'), 'Notes what VS Code sends to a language model.\n');
  await writeFile(join(source, 'LICENSE'), 'MIT\n');
  await build({
    entryPoints: [join(import.meta.dirname, 'extension.ts')],
    outfile: join(source, 'extension.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['vscode'],
  });
  const vsce = require.resolve('@vscode/vsce/vsce');
  const args = ['package', '--out', vsix, '--no-dependencies', '--allow-missing-repository'];
  await run(process.execPath, [vsce, ...args], { cwd: source, timeoutMs: LIMIT_MS });
  return [vsix];
}

export class Recorder {
  private readonly folder: string;

  constructor(
    session: EditorSession,
    private readonly window: Workbench,
  ) {
    this.folder = folderIn(dirname(session.home));
  }

  /** Has the extension do something, and waits for the outcome. */
  async order(order: Order): Promise<Answer> {
    await this.give(order);
    return this.answer();
  }

  /** Without waiting: something must be confirmed first. */
  async give(order: Order): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    await rm(join(this.folder, files.answer), { force: true });
    await writeFile(join(this.folder, files.order), JSON.stringify(order));
    await this.window.runCommand('Recorder: Run');
  }

  async answer(): Promise<Answer> {
    const read = async (): Promise<string> =>
      readFile(join(this.folder, files.answer), 'utf8').catch(() => '');
    await expect.poll(read, { timeout: LIMIT_MS }).toMatch(/\}$/);
    return Answer.parse(JSON.parse(await read()));
  }

  /** What VS Code has sent to the recorder's model so far. */
  async requests(): Promise<RecordedRequest[]> {
    const text = await readFile(join(this.folder, files.requests), 'utf8').catch(() => '');
    const lines = text.split('\n').filter((line) => line !== '');
    return lines.map((line) => RecordedRequest.parse(JSON.parse(line)));
  }
}
