/** Probing, with real programs: small ones that behave as interpreters have been seen to behave. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { probe } from '../../../backend/toolchain/interpreter.ts';
import { toolchainLayout } from '../../../backend/toolchain/layout.ts';
import { localRunner } from '../../../backend/toolchain/runner.ts';
import { Steps } from '../../../backend/toolchain/steps.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { placeProgram } from '../../support/placeProgram.ts';
import { placeFakePython, ToolchainHarness } from './harness.ts';

const silent = { onProgress: () => undefined, onNotice: () => undefined };

async function stepsIn(home: string): Promise<Steps> {
  const layout = toolchainLayout(home);
  await mkdir(layout.root, { recursive: true });
  const { signal } = new AbortController();
  return new Steps(layout, localRunner({ PATH: '/usr/bin:/bin' }), signal, silent, 'look');
}

/** A program that answers like a Python with these facts. */
const answering = (facts: object): string =>
  `console.log(${JSON.stringify(
    JSON.stringify({
      version: [3, 10, 13],
      implementation: 'cpython',
      machine: 'x86_64',
      modules: { venv: true, ensurepip: true },
      ...facts,
    }),
  )});`;

describe.skipIf(process.platform !== 'linux')('probing a Python', () => {
  it.each([
    ['a good one', answering({}), undefined],
    ['a good one that prints something first', `console.log('hello');${answering({})}`, undefined],
    [
      'a shim of a version manager for a version that is not installed',
      "console.error('pyenv: python3.10: command not found'); process.exit(127);",
      'exit code 127: pyenv: python3.10: command not found',
    ],
    ['another version under its name', answering({ version: [3, 12, 1] }), 'it is Python 3.12.1'],
    ['another implementation', answering({ implementation: 'pypy' }), 'it is pypy'],
    ['another machine', answering({ machine: 'aarch64' }), 'it is for aarch64'],
    [
      'one without the means to make environments',
      answering({ modules: { venv: true, ensurepip: false } }),
      'python3.10-venv',
    ],
    ['one that says nothing', '', 'exit code 0'],
    ['one that says something else', 'console.log(\'{"version":"3.10"}\');', 'exit code 0'],
    ['one that dies', "process.kill(process.pid, 'SIGSEGV');", 'ended by SIGSEGV'],
  ])('%s', async (_, text, reason) => {
    const folder = await temporaryFolder();
    const file = await placeProgram(path.join(folder, 'python3.10'), text);
    const result = await probe(await stepsIn(folder), file);
    if (reason === undefined) expect(result).toStrictEqual({ file, version: '3.10.13' });
    else expect(result).toContain(reason);
  });

  it('a file that may not be run, and one that is not there', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'python3.10');
    await writeFile(file, '');
    const steps = await stepsIn(folder);
    expect(await probe(steps, file)).toBe('EACCES');
    expect(await probe(steps, path.join(folder, 'none'))).toBe('there is no such program');
  });
});

describe.skipIf(process.platform !== 'linux')('finding a Python 3.10', () => {
  it('looks behind a dead shim, where version managers keep theirs', async () => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    await placeProgram(path.join(bin, 'python3.10'), 'process.exit(127);');
    const managed = path.join(toolchain.env['HOME'] ?? '', '.pyenv/versions/3.10.13/bin');
    await placeFakePython(managed);
    expect((await toolchain.install()).state).toBe('ready');
  });

  it('takes the one that is named, and no other', async () => {
    const toolchain = await ToolchainHarness.create();
    const python = path.join(toolchain.env['HOME'] ?? '', 'mine');
    await placeProgram(python, answering({ version: [3, 9, 2] }));
    await expect(toolchain.install({ python })).rejects.toMatchObject({
      errorName: 'toolchainPython',
      message: `The compiler needs Python 3.10, and there is none that works: ${python}: it is Python 3.9.2`,
    });
  });

  it('lets uv bring one when there is none, into a folder of its own', async () => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    await placeProgram(path.join(bin, 'python3.10'), 'process.exit(127);');
    const source = await placeFakePython(path.join(bin, '../elsewhere'));
    await placeProgram(
      path.join(bin, 'uv'),
      `const fs = require('fs');
       if (process.argv[2] === '--version') process.exit(0);
       const to = process.env.UV_PYTHON_INSTALL_DIR + '/cpython-3.10.19/bin';
       fs.mkdirSync(to, { recursive: true });
       fs.copyFileSync(${JSON.stringify(source)}, to + '/python3.10');`,
    );
    expect((await toolchain.install()).state).toBe('ready');
    expect(toolchain.notices[0]).toContain('trying to bring one with uv');
    expect((await toolchain.calls()).some((call) => call.includes('-m venv'))).toBe(true);
  });

  it('says what it tried when nothing helps', async () => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    await placeProgram(path.join(bin, 'python3.10'), 'process.exit(127);');
    await placeProgram(
      path.join(bin, 'uv'),
      `if (process.argv[2] === '--version') process.exit(0);
       console.error('error: dns error'); process.exit(2);`,
    );
    await expect(toolchain.install()).rejects.toMatchObject({
      errorName: 'toolchainPython',
      message: expect.stringMatching(
        /python3\.10: exit code 127; uv could not bring one: exit code 2: error: dns error$/,
      ) as string,
      data: { remedy: expect.stringContaining('uv python install 3.10') as string },
    });
  });
});
