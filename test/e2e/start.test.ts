import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { readInstance } from '../../backend/client/instanceFile.ts';
import { launchChromium } from '../support/editor/chromium.ts';
import { addModel } from '../support/editor/session.ts';
import { Workbench } from '../support/editor/workbench.ts';
import { testModelPath } from '../support/provideModel.ts';

const root = join(import.meta.dirname, '../..');
const provided = inject('editor');

/** Collects what a program prints until the pattern is in it. */
function printed(child: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const match = pattern.exec(output);
      if (match) resolve(match);
    });
    child.on('exit', (code) => reject(new Error(`It ended with ${code ?? -1}:\n${output}`)));
  });
}

describe.skipIf(!provided)('npm start', () => {
  let folder: string;
  let start: ChildProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pilot-'));
    await addModel(join(folder, 'home'), testModelPath());
  });
  afterEach(async () => {
    if (start?.exitCode === null) start.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('opens the editor with a working extension, and Ctrl+C stops it all', async () => {
    const home = join(folder, 'home');
    start = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/support/start.ts', '--browser', '--profile', folder],
      { cwd: root, env: { ...process.env, TPU_PILOT_HOME: home }, stdio: ['ignore', 'pipe', 2] },
    );
    const [, url, password] = await printed(start, /Address: +(\S+)\s+Password: +(\S+)/);
    const browser = await launchChromium(provided!.chromium);
    try {
      const page = await browser.newPage();
      await page.goto(url!);
      await page.locator('input[type="password"]').fill(password!);
      await page.keyboard.press('Enter');
      const window = await Workbench.attach(page);
      await window.pilotReady();
    } finally {
      await browser.close();
    }
    const backend = await readInstance(home);
    expect(backend).toBeDefined();

    const exited = once(start, 'exit');
    start.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(await readInstance(home)).toBeUndefined();
    await expect(fetch(url!)).rejects.toThrow();
  });
});
