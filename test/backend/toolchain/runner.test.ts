import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { dockerRunner, localRunner } from '../../../backend/toolchain/runner.ts';
import { placeProgram } from '../../support/placeProgram.ts';
import { ToolchainHarness } from './harness.ts';

const command = {
  file: 'python3.10',
  args: ['-c', 'print("$HOME; x")'],
  cwd: '/home/me/toolchain',
  env: { TMPDIR: '/home/me/toolchain/scratch' },
  path: ['/home/me/toolchain/bin'],
  folders: ['/home/me/models/a b'],
};

describe('steps on this machine', () => {
  it('keep the user’s network settings, and lose those that would lead packages astray', () => {
    const { env } = localRunner({
      PATH: '/usr/bin',
      HTTPS_PROXY: 'http://proxy',
      PIP_INDEX_URL: 'https://mirror',
      PIP_TARGET: '/elsewhere',
      PYTHONPATH: '/mine',
      VIRTUAL_ENV: '/other',
    }).start(command, 'run');
    expect(env).toStrictEqual({
      PATH: '/home/me/toolchain/bin:/usr/bin',
      HTTPS_PROXY: 'http://proxy',
      PIP_INDEX_URL: 'https://mirror',
      PIP_USER: '0',
      PYTHONNOUSERSITE: '1',
      PYTHONUNBUFFERED: '1',
      TMPDIR: '/home/me/toolchain/scratch',
    });
  });
});

describe('steps in a container', () => {
  const env = { PATH: '/usr/bin', HTTPS_PROXY: 'http://me:secret@proxy', SECRET: 'x' };
  const runner = dockerRunner('org/image:1', env, '1000:1000');

  it('see the same folders under the same names, as the same user', () => {
    const { file, args } = runner.start(command, 'run');
    expect([file, args[0]]).toStrictEqual(['docker', 'run']);
    expect(args.join(' ')).toContain('--user 1000:1000');
    for (const folder of [command.cwd, ...command.folders]) {
      expect(args).toContain(`type=bind,source=${folder},target=${folder}`);
    }
    const after = args.indexOf('--entrypoint');
    expect(args.slice(after)).toStrictEqual([
      '--entrypoint',
      'python3.10',
      'org/image:1',
      ...command.args,
    ]);
  });

  it('see folders with any name, and have a home whose name needs no quotes', () => {
    const cwd = '/home/me/a, "b"';
    const { args } = runner.start({ file: 'x', args: [], cwd }, 'run');
    const [source, target] = ['source', 'target'].map((key) => `"${key}=/home/me/a, ""b"""`);
    expect(args).toContain(`type=bind,${source},${target}`);
    expect(args).toContain('HOME=/tmp');
  });

  it('get no value of the user’s settings on a command line, where everybody can read it', () => {
    const { args } = runner.start(command, 'run');
    expect(args.join(' ')).toContain('--env HTTPS_PROXY --env');
    expect(args.join(' ')).not.toMatch(/secret|SECRET/);
    expect(args).toContain('TMPDIR=/home/me/toolchain/scratch');
  });

  it('are ended by the name of their container, the same for the same run', () => {
    const { args } = runner.start(command, 'run');
    const name = args[args.indexOf('--name') + 1];
    expect(runner.end('run')?.args).toStrictEqual(['rm', '--force', name]);
    expect(runner.end('other')?.args).not.toContain(name);
  });
});

describe.skipIf(process.platform !== 'linux')('installing with --docker', () => {
  /** Runs what `docker run` is asked to run, on this machine. */
  const docker = `
    const [, , verb, ...args] = process.argv;
    if (verb !== 'run') process.exit(0);
    const at = args.indexOf('--entrypoint');
    const { spawnSync } = require('child_process');
    const { status } = spawnSync(args[at + 1], args.slice(at + 3), { stdio: 'inherit' });
    process.exit(status);`;

  it('takes the same steps, and remembers the image', async () => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    await placeProgram(path.join(bin, 'docker'), docker);
    // The container's system decides, not the host's.
    toolchain.platform = 'darwin-arm64';
    const status = await toolchain.install({ docker: 'org/image:1' });
    expect(status).toMatchObject({ state: 'ready', docker: 'org/image:1' });
    expect((await toolchain.install()).docker).toBe('org/image:1');
  });

  it('names the programs that the compiler needs and the image lacks', async () => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    const text = "process.exit(process.argv.includes('make') ? 127 : 0);";
    await placeProgram(path.join(bin, 'docker'), text);
    await expect(toolchain.install({ docker: 'org/image:1' })).rejects.toMatchObject({
      errorName: 'toolchainPrograms',
      message: 'The compiler needs programs that are not installed: make',
    });
  });

  it.each([
    ['is not installed', undefined, 'there is no such program'],
    ['does not run', "console.error('no daemon'); process.exit(125);", 'no daemon'],
  ])('says so when Docker %s', async (_, text, reason) => {
    const toolchain = await ToolchainHarness.create();
    const [bin = ''] = toolchain.env['PATH']?.split(':') ?? [];
    toolchain.env['PATH'] = bin;
    if (text !== undefined) await placeProgram(path.join(bin, 'docker'), text);
    await expect(toolchain.install({ docker: 'org/image:1' })).rejects.toMatchObject({
      errorName: 'dockerFailed',
      message: expect.stringContaining(reason) as string,
    });
  });
});
