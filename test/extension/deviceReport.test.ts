import { afterEach, expect, test } from 'vitest';
import type { ChipInfo } from '../../backend/protocol/devices.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { deviceFacts, showDevices } from '../../extension/deviceReport.ts';
import { FakeSession } from '../support/fakeSession.ts';
import { fake } from '../support/fakeVscode.ts';
import { deviceInfo } from '../support/statusInput.ts';

afterEach(() => fake.reset());

const lines = (...args: Parameters<typeof deviceFacts>): string[] =>
  deviceFacts(...args).map(({ label, value }) => `${label}: ${value}`);

test('a device that measures little says little, and no zeros', () => {
  expect(lines(deviceInfo())).toEqual(['State: ready', 'Driver: cpu', 'Restarts: 0']);
});

test('everything a card measures is there, with its unit', () => {
  const card = deviceInfo({
    kind: 'bm1684x',
    driverVersion: '0.5.1',
    libraryVersion: '23.09',
    clockMhz: 950,
    restarts: 1,
    telemetry: {
      chipTemperatureC: 54.4,
      boardTemperatureC: 41,
      powerW: 11.6,
      boardPowerW: 31,
      clockMhz: 475,
      utilization: 0.375,
      fanRpm: 3000,
      eccErrors: 0,
      threads: 3,
      residentBytes: 300 * 1024 ** 2,
      heaps: [{ name: 'NPU', totalBytes: 4 * 1024 ** 3, usedBytes: 1024 ** 3 }],
    },
  });
  expect(lines(card)).toEqual([
    'State: ready',
    'Driver: bm1684x 0.5.1',
    'Library: 23.09',
    'Clock: 475 MHz',
    'Threads: 3',
    'Load: 38 %',
    'Chip temperature: 54 °C',
    'Board temperature: 41 °C',
    'Power: 12 W',
    'Board power: 31 W',
    'Fan: 3000 rpm',
    'ECC errors: 0',
    'Memory: NPU: 1.0 GB of 4.0 GB',
    'Process memory: 300 MB',
    'Restarts: 1',
  ]);
});

test('a chip of a card says which one it is', () => {
  const chip: ChipInfo = {
    chip: 1,
    mode: 'pcie',
    node: '/dev/bm-sophon1',
    access: 'allowed',
    card: 0,
    board: 'AIV02X',
    serial: 'HQ01',
    firmwareVersion: 'a1b2c3d',
    linkGeneration: 3,
    linkLanes: 2,
  };
  expect(lines(deviceInfo({ chip })).slice(3)).toEqual([
    'Chip: /dev/bm-sophon1',
    'Card: 0',
    'Board: AIV02X',
    'Serial number: HQ01',
    'Firmware: a1b2c3d',
    'PCIe link: gen3 x2',
  ]);
  const { node, ...rest } = chip;
  const bare = { chip: rest.chip, mode: rest.mode, access: rest.access, node };
  expect(lines(deviceInfo({ chip: bare })).slice(3)).toEqual(['Chip: /dev/bm-sophon1']);
});

test('what a device lacks that others have is told in the language of the editor', () => {
  const { sentence, remedy } = errorTable.noPermission;
  fake.bundle = {
    [sentence]: '无权打开 {device}：{reason}',
    [remedy]: '请加入组。',
    Problem: '问题',
  };
  const { message, data } = new PilotError('noPermission', { device: 'tpu1', reason: 'x.' });
  const problems = [`${message} ${data.remedy}`];
  expect(lines(deviceInfo({ problems }))[1]).toBe('问题: 无权打开 tpu1：x. 请加入组。');
});

test('several devices of one name are listed by their ids', async () => {
  const devices = ['tpu0', 'tpu1'].map((id) => deviceInfo({ id, name: 'BM1684X' }));
  const session = new FakeSession({ 'device/list': () => ({ devices }) });
  const backend = { start: () => undefined, ready: () => Promise.resolve(session) };
  fake.entered = 'State';
  await showDevices(backend as unknown as Parameters<typeof showDevices>[0]);
  expect(fake.clipboard.split('\n').filter((line) => line.includes('BM1684X'))).toEqual([
    'tpu0: BM1684X',
    'tpu1: BM1684X',
  ]);
});

test('a device that failed says why, in the language of the editor', () => {
  const { sentence, remedy } = errorTable.deviceHung;
  fake.bundle = {
    [sentence]: '设备 {device} 已挂死。{reason}',
    [remedy]: '请恢复或重启。',
    failed: '失败',
  };
  const { message, data } = new PilotError('deviceHung', { device: 'tpu0', reason: 'EBUSY.' });
  const detail = `${message} ${data.remedy}`;
  expect(lines(deviceInfo({ state: 'failed', detail }))[0]).toBe(
    'State: 失败: 设备 tpu0 已挂死。EBUSY. 请恢复或重启。',
  );
});
