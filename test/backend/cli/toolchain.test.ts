import { describe, expect, it } from 'vitest';
import { run } from '../../../backend/cli/run.ts';
import { registerToolchainCommands } from '../../../backend/cli/toolchain.ts';
import { describeToolchain } from '../../../backend/cli/toolchainText.ts';
import { ToolchainStatus } from '../../../backend/protocol/toolchain.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function toolchain(...args: string[]) {
  const { io, stdout, stderr } = new CommandOutput(await temporaryFolder());
  const code = await run(['toolchain', ...args], io, (program) => {
    registerToolchainCommands(program, io);
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

describe('tpu-pilot toolchain', () => {
  it('status says how large an installation would be', async () => {
    const { code, stdout } = await toolchain('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/not installed.*3\.4 GB to download, 7\.1 GB on the disk\.\n$/);
  });

  it('status --json names everything that is missing', async () => {
    const status = ToolchainStatus.parse(JSON.parse((await toolchain('status', '--json')).stdout));
    expect(status).toMatchObject({ state: 'missing', problems: [], programs: [] });
    expect(status.packages).toContainEqual({
      name: 'tpu-mlir',
      wanted: '1.30.2',
      problem: 'it is missing',
    });
  });

  it('remove has nothing against there being nothing', async () => {
    expect((await toolchain('remove', '--json')).stdout).toBe('{"removed":true}\n');
  });

  it.each([
    [['--torch-index', 'wheels'], '--torch-index'],
    [['--torch-index', 'ftp://a/b'], '--torch-index'],
    [['--docker', '--privileged'], '--docker'],
    [['--docker', 'a image'], 'repository/name:tag'],
    [['--python', ''], '--python'],
  ])('install %j is wrong usage', async (args, part) => {
    const { code, stderr } = await toolchain('install', ...args);
    expect([code, stderr.includes(part)]).toStrictEqual([2, true]);
  });

  it('tells what works and what does not', () => {
    const text = describeToolchain({
      state: 'incomplete',
      folder: '/home/me/toolchain',
      docker: 'org/image:1',
      python: { path: '/home/me/toolchain/env/bin/python', version: '3.10.13' },
      packages: [
        { name: 'torch', wanted: '2.4.1', installed: '2.4.1' },
        { name: 'onnx', wanted: '1.14.1', problem: 'it is missing' },
      ],
      programs: [],
      problems: Array.from({ length: 12 }, (_, index) => `Fault ${index}.`),
      missingBytes: { download: 1, disk: 2 },
    });
    expect(text).toMatch(/^State: +incomplete\n/);
    expect(text).toMatch(/Container: +org\/image:1\n/);
    expect(text).toMatch(/torch: +2\.4\.1\nonnx: +missing\nPackages: +1 of 2 as locked\n/);
    expect(text).toMatch(/Problem: Fault 9\.\n2 more problems\.$/);
  });
});
