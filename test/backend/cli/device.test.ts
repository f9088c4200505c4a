/** `device info`: chips from a tree of files, devices from a backend in this process. */
import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DeviceInfo } from '../../../backend/protocol/devices.ts';
import { registerDeviceCommands } from '../../../backend/cli/device.ts';
import { run } from '../../../backend/cli/run.ts';
import { cardTree, driverTree, rootWith } from '../../support/cardTree.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { startBackend } from '../../support/startBackend.ts';
import { deviceInfo } from '../../support/statusInput.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function device(
  home: string,
  root: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { io, stdout, stderr } = new CommandOutput(home);
  const code = await run(['device', 'info', ...args], io, (program) => {
    registerDeviceCommands(program, io, root);
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

async function installLibrary(root: string, version: string): Promise<void> {
  const folder = path.join(root, 'opt/sophon');
  await mkdir(path.join(folder, `libsophon-${version}`), { recursive: true });
  await symlink(`libsophon-${version}`, path.join(folder, 'libsophon-current'));
}

const served: DeviceInfo = deviceInfo({
  id: 'tpu1',
  pid: 41,
  kind: 'bm1684x',
  name: 'BM1684X',
  chip: { chip: 1, mode: 'pcie', node: '/dev/bm-sophon1', access: 'allowed' },
  libraryVersion: '0.5.0',
  telemetry: {
    chipTemperatureC: 71,
    heaps: [{ name: 'heap0', totalBytes: 4e9, usedBytes: 3e9 }],
  },
});

const DRIVEN = 'sys/bus/pci/devices/0000:04:00.0/driver';

describe('device info', () => {
  it('names chips on the bus that no driver has taken', async () => {
    const pci = (address: string, vendor: string, id: string) => ({
      [`sys/bus/pci/devices/${address}/vendor`]: vendor,
      [`sys/bus/pci/devices/${address}/device`]: id,
    });
    const root = await rootWith(
      pci('0000:03:00.0', '0x1f1c', '0x1686'),
      pci('0000:01:00.0', '0x1f1c', '0x1686'),
      pci('0000:02:00.0', '0x10de', '0x1686'),
      pci('0000:04:00.0', '0x1f1c', '0x1686'),
    );
    await symlink('../../../bus/pci/drivers/bmsophon', path.join(root, DRIVEN));
    const { code, stdout } = await device(await temporaryFolder(), root);
    expect(code).toBe(0);
    expect(stdout.match(/BM1684X at \S+: no driver/gu)).toEqual([
      'BM1684X at 0000:01:00.0: no driver',
      'BM1684X at 0000:03:00.0: no driver',
    ]);
    expect(stdout).toContain('sudo modprobe bmsophon');
    const json = await device(await temporaryFolder(), root, '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ undriven: ['0000:01:00.0', '0000:03:00.0'] });
  });

  it('shows healthy chips without a backend', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0, 1]));
    await installLibrary(root, '0.5.1');
    const { code, stdout, stderr } = await device(await temporaryFolder(), root);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        'Chip 0 (card 0, 1 of 2): ok',
        '  Board:        AIV02X, serial HQATEVBAIAIAI0001',
        '  PCIe:         000:03:00.0',
        '  Firmware:     a1b2c3d 2024-07-17',
        '  Power:        9 W',
        '  Board power:  31 W of 75 W',
        '  Fan:          2400 rpm',
        '  Load:         12 %',
        '  Memory:       heap0: 4.2 GB',
        '  Memory:       heap1: 4.3 GB',
        '  ok  chip               BM1684X',
        '  ok  node               /dev/bm-sophon0',
        '  ok  state              active',
        '  ok  driver             0.5.1 of 20240717-103602',
        '  ok  library            0.5.1',
        '  ok  link               gen3 x4',
        '  ok  memory             16 GB',
        '  ok  chip temperature   52 °C',
        '  ok  board temperature  41 °C',
        '  ok  clock              950 of 950 MHz',
        '',
        'Chip 1 (card 0, 2 of 2): ok',
        '  Board:        AIV02X, serial HQATEVBAIAIAI0001',
        '  PCIe:         000:04:00.0',
        '  Firmware:     a1b2c3d 2024-07-17',
        '  Power:        9 W',
        '  Load:         13 %',
        '  Memory:       heap0: 4.2 GB',
        '  Memory:       heap1: 4.3 GB',
        '  ok  chip              BM1684X',
        '  ok  node              /dev/bm-sophon1',
        '  ok  state             active',
        '  ok  driver            0.5.1 of 20240717-103602',
        '  ok  library           0.5.1',
        '  ok  link              gen3 x4',
        '  ok  memory            16 GB',
        '  ok  chip temperature  53 °C',
        '  ok  clock             950 of 950 MHz',
        '',
        'No backend runs on them.',
        '',
      ].join('\n'),
    );
  });

  it('says what is wrong, and below it what to do', async () => {
    const chip = { chip_temp: '88 C', pcie_link_width: 'x1', tpu_freq: '475 MHz' };
    const root = await rootWith(driverTree, cardTree(0, [0], { chip }));
    await rm(path.join(root, 'dev/bm-sophon0'));
    const { code, stdout } = await device(await temporaryFolder(), root);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Chip 0 \(card 0\): fault\n/);
    expect(stdout).toMatch(
      /\n {2}fault {4}node +there is no \/dev\/bm-sophon0\n {4}Load the driver/,
    );
    expect(stdout).toMatch(/\n {2}warning {2}link +gen3 x1, 25 % of gen3 x4\n {4}Use a slot/);
    expect(stdout).toMatch(/\n {2}fault {4}chip temperature +88 °C: .+\n {4}Let it cool/);
    expect(stdout).toMatch(/\n {2}warning {2}clock +475 of 950 MHz\n {4}Something/);
  });

  it('takes the version of other libraries than those that are installed for unknown', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0, 1]));
    await installLibrary(root, '0.5.1');
    const { home, engine } = await startBackend();
    const unknown = { ...served };
    delete unknown.libraryVersion;
    engine.devices = async () => Promise.resolve([unknown]);
    const [first = '', second = ''] = (await device(home, root)).stdout.split('\n\n');
    expect(first).toMatch(/ok {2}library +0\.5\.1\n/);
    expect(second).toMatch(/Served as: +tpu1\n/);
    expect(second).not.toMatch(/library/);
  });

  it('adds what the backend measures of the chips that it serves', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0, 1]));
    await installLibrary(root, '0.5.1');
    const { home, engine } = await startBackend();
    engine.devices = async () => Promise.resolve([served]);
    for (const pid of ['41', '42']) {
      const fd = path.join(root, 'proc', pid, 'fd');
      await mkdir(fd, { recursive: true });
      await symlink('/dev/bm-sophon1', path.join(fd, '9'));
    }
    const { stdout } = await device(home, root);
    const [first = '', second = '', third = ''] = stdout.split('\n\n');
    expect(first).toMatch(/^Chip 0 .*: ok\n/);
    expect(second).toMatch(/^Chip 1 .*: fault\n/);
    expect(second).toMatch(/warning {2}users +in use by process 42\n/);
    expect(second).toMatch(/Served as: +tpu1\n/);
    // Of the libraries that serve it, not of those that are installed.
    expect(second).toMatch(/fault {4}library +0\.5\.0, older than 0\.5\.1\n/);
    expect(second).toMatch(/Memory: +heap0: 3\.0 GB of 4\.0 GB used\n/);
    expect(second).toMatch(/warning {2}chip temperature +71 °C, above 65 °C\n/);
    expect(second).toMatch(/fault {4}library +0\.5\.0, older than 0\.5\.1\n/);
    expect(third).toMatch(/^Device tpu1: BM1684X\n/);
  });

  it('gives programs all of it as JSON', async () => {
    const root = await rootWith(driverTree, cardTree(0, [0], { chip: { status: 'Fault' } }));
    const { stdout } = await device(await temporaryFolder(), root, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      devices: [],
      chips: [
        {
          chip: 0,
          serial: 'HQATEVBAIAIAI0001',
          level: 'fault',
          telemetry: { chipTemperatureC: 52, hasFault: true },
          findings: expect.arrayContaining([
            {
              check: 'state',
              level: 'fault',
              found: 'the driver reports a fault',
              advice: expect.stringContaining('bm-smi --recovery --dev=0') as unknown,
            },
          ]) as unknown,
        },
      ],
    });
  });

  it('shows devices alone on a machine without a card', async () => {
    const { home, engine } = await startBackend();
    const problems = ['Not enough memory. Use a smaller model.'];
    engine.devices = async () => Promise.resolve([deviceInfo({ name: 'CPU', problems })]);
    const { stdout } = await device(home, await rootWith());
    expect(stdout).toMatch(/^Device cpu0: CPU\n/);
    expect(stdout).toMatch(/Problem: +Not enough memory\. Use a smaller model\.\n/);
  });
});
