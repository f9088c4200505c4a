import path from 'node:path';
import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readChips } from '../../../backend/card/chips.ts';
import { readTelemetry } from '../../../backend/card/telemetry.ts';
import { Telemetry } from '../../../backend/protocol/devices.ts';
import { cardTree, rootWith, type Tree } from '../../support/cardTree.ts';

async function readAll(root: string): Promise<Telemetry[]> {
  return Promise.all((await readChips(root)).map((chip) => readTelemetry(chip, root)));
}

/** What one chip shows with these files in place of the usual ones. */
async function readOne(chip: Tree, card: Tree = {}): Promise<Telemetry | undefined> {
  return (await readAll(await rootWith(cardTree(0, [0], { card, chip }))))[0];
}

describe('the telemetry of a chip', () => {
  it('has its own values, and those of the board on the first chip of a card', async () => {
    const root = await rootWith(cardTree(0, [0, 1]), cardTree(1, [2]));
    const all = await readAll(root);
    const board = { boardTemperatureC: 41, boardPowerW: 31, fanRpm: 2400 };
    const chip = { powerW: 9, clockMhz: 950, hasFault: false };
    expect(all).toStrictEqual([
      { ...board, ...chip, chipTemperatureC: 52, utilization: 0.12 },
      { ...chip, chipTemperatureC: 53, utilization: 0.13 },
      { ...board, ...chip, chipTemperatureC: 52, utilization: 0.12 },
    ]);
    for (const one of all) expect(Telemetry.parse(one)).toStrictEqual(one);
  });

  it.each([
    ['N/A'],
    ['F'],
    [''],
    ['-1024 C'],
    ['-1023 C'],
    ['4294966272 C'],
    ['4294966273 C'],
    ['54'],
    ['54 W'],
    ['99999999999999999999 C'],
  ])('has no temperature when the driver says %j', async (chip_temp) => {
    expect(await readOne({ chip_temp })).not.toHaveProperty('chipTemperatureC');
  });

  it.each([
    ['-7 C', -7],
    ['0 C', 0],
    ['105 C', 105],
  ])('reads the temperature %j', async (chip_temp, degrees) => {
    expect((await readOne({ chip_temp }))?.chipTemperatureC).toBe(degrees);
  });

  it.each([
    ['9 W', '3 W', 9],
    ['N/A', '3 W', 3],
    ['0 W', '3 W', 3],
    ['0 W', '0 W', undefined],
    ['N/A', 'N/A', undefined],
  ])('takes the power of the chip, %j, or of its TPU, %j', async (chip_power, tpu_power, watts) => {
    expect((await readOne({ chip_power, tpu_power }))?.powerW).toBe(watts);
  });

  it.each([
    ['duty  0\nfan_speed  0', 0],
    ['2400', 2400],
    ['N/A', undefined],
    ['duty  30', undefined],
  ])('reads the fan from %j', async (fan_speed, rpm) => {
    expect((await readOne({}, { fan_speed }))?.fanRpm).toBe(rpm);
  });

  it.each([
    ['usage:37 avusage:9', 0.37],
    ['"usage": 37, "avusage": 9', 0.37],
    ['usage:0 avusage:0', 0],
    ['usage:100 avusage:90', 1],
    ['usage:400 avusage:90', undefined],
    ['Please, set [Usage enable] to 1', undefined],
    ['', undefined],
  ])('reads the load from %j', async (npu_usage, share) => {
    const usage = { 'sys/class/bm-sophon/bm-sophon0/device/npu_usage': npu_usage };
    const [telemetry] = await readAll(await rootWith(cardTree(0, [0]), usage));
    expect(telemetry?.utilization).toBe(share);
  });

  it.each([
    ['Fault', true],
    ['Active', false],
    ['?', undefined],
  ])('says of the status %j whether it is a fault', async (status, fault) => {
    expect((await readOne({ status }))?.hasFault).toBe(fault);
  });

  it('is empty for a chip that nothing is known of', async () => {
    const root = await rootWith(cardTree(0, [0]));
    await rm(path.join(root, 'proc'), { recursive: true });
    await rm(path.join(root, 'sys'), { recursive: true });
    expect(await readAll(root)).toStrictEqual([{}]);
    expect(await readTelemetry({ chip: 9, mode: 'pcie' }, root)).toStrictEqual({});
  });

  it('comes from thermal zones and ION heaps in SoC mode', async () => {
    const ion = 'sys/kernel/debug/ion';
    const summary = (size: number, used: number): string =>
      `Summary:\n[0] npu heap size:${size} bytes, used:${used} bytes  usage rate:0%, memory usage peak 0 bytes`;
    const root = await rootWith({
      'dev/bm-tpu0': '',
      'sys/class/bm-tpu/bm-tpu0/device/npu_usage': 'usage:8 avusage:8',
      'sys/class/thermal/thermal_zone0/temp': '48500',
      'sys/class/thermal/thermal_zone1/temp': '40000',
      [`${ion}/bm_vpp_heap_dump/summary`]: summary(1000, 1),
      [`${ion}/bm_npu_heap_dump/summary`]: summary(4000, 400),
      [`${ion}/bm_vpu_heap_dump/summary`]: 'nothing here',
    });
    expect(await readAll(root)).toStrictEqual([
      {
        chipTemperatureC: 48.5,
        boardTemperatureC: 40,
        utilization: 0.08,
        heaps: [
          { name: 'npu', totalBytes: 4000, usedBytes: 400 },
          { name: 'vpp', totalBytes: 1000, usedBytes: 1 },
        ],
      },
    ]);
  });
});
