import { afterEach, expect, test } from 'vitest';
import { PilotError } from '../../backend/protocol/errors.ts';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { deviceFacts } from '../../extension/deviceReport.ts';
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
    'Clock: 950 MHz',
    'Threads: 3',
    'Load: 38 %',
    'Chip temperature: 54 °C',
    'Board temperature: 41 °C',
    'Power: 12 W',
    'Fan: 3000 rpm',
    'ECC errors: 0',
    'Memory: NPU: 1.0 GB of 4.0 GB',
    'Process memory: 300 MB',
    'Restarts: 1',
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
