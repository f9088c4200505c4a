/**
 * What a chip measures, from the kernel driver's files: costs no library and no open device.
 * Formats: libsophon driver/bm_debug.c; `npu_usage` in driver/bm_attr.c. The PCIe driver does not
 * show how much of a heap is used, nor corrected ECC errors: those come from the library.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { ChipInfo, Telemetry } from '../protocol/devices.ts';
import { findFolders, withoutUndefined } from './chips.ts';
import { parseMeasure, readMeasure, readText } from './procFile.ts';

type Readings = { [K in keyof Telemetry]?: Telemetry[K] | undefined };

/**
 * What can be read of that chip at this moment. Values of the board are given for the first chip of
 * a card alone.
 * @param root stands for `/`
 */
export async function readTelemetry(
  { chip, mode, chipOnCard }: Pick<ChipInfo, 'chip' | 'mode' | 'chipOnCard'>,
  root = '/',
): Promise<Telemetry> {
  if (mode === 'soc') return withoutUndefined(await readSoc(root));
  const { proc, card, sysfs } = await findFolders(chip, root);
  return withoutUndefined({
    ...(proc !== undefined && (await readChip(proc))),
    ...(card !== undefined && chipOnCard === 0 && (await readBoard(card))),
    utilization: await readUtilization(sysfs),
  });
}

async function readChip(folder: string): Promise<Readings> {
  const file = (name: string): string => path.join(folder, name);
  const status = await readText(file('status'));
  return {
    chipTemperatureC: await readMeasure(file('chip_temp'), 'C'),
    // A chip that runs draws something: its sum of sensors is 0 until they have been read once.
    powerW: positive(await readMeasure(file('chip_power'), 'W')) ?? (await readTpuPower(file)),
    clockMhz: positive(await readMeasure(file('tpu_freq'), 'MHz')),
    hasFault: status === 'Fault' ? true : status === 'Active' ? false : undefined,
  };
}

async function readTpuPower(file: (name: string) => string): Promise<number | undefined> {
  return positive(await readMeasure(file('tpu_power'), 'W'));
}

async function readBoard(folder: string): Promise<Readings> {
  const file = (name: string): string => path.join(folder, name);
  return {
    boardTemperatureC: await readMeasure(file('board_temp'), 'C'),
    boardPowerW: positive(await readMeasure(file('board_power'), 'W')),
    fanRpm: parseFan(await readText(file('fan_speed'))),
  };
}

/** `duty  30`, and on the next line `fan_speed  2400`; a single number on older drivers. */
function parseFan(text: string | undefined): number | undefined {
  return parseMeasure(/^fan_speed\s+(-?\d+)$/m.exec(text ?? '')?.[1] ?? text);
}

/** `usage:12 avusage:9`, in the manual `"usage": 12, "avusage": 9`; a request to switch it on else. */
async function readUtilization(device: string): Promise<number | undefined> {
  const text = await readText(path.join(device, 'npu_usage'));
  const percent = parseMeasure(/^"?usage"?\s*:\s*(-?\d+)/.exec(text ?? '')?.[1]);
  if (percent === undefined || percent < 0 || percent > 100) return undefined;
  return percent / 100;
}

async function readSoc(root: string): Promise<Readings> {
  const zone = async (number: number): Promise<number | undefined> => {
    const file = path.join(root, `sys/class/thermal/thermal_zone${number}/temp`);
    const milli = await readMeasure(file);
    return milli === undefined ? undefined : milli / 1000;
  };
  return {
    chipTemperatureC: await zone(0),
    boardTemperatureC: await zone(1),
    utilization: await readUtilization(path.join(root, 'sys/class/bm-tpu/bm-tpu0/device')),
    heaps: await readIonHeaps(path.join(root, 'sys/kernel/debug/ion')),
  };
}

/** `bm_npu_heap_dump/summary`, `[0] npu heap size:N bytes, used:N bytes ...`: for root alone. */
async function readIonHeaps(folder: string): Promise<Telemetry['heaps']> {
  const names = await readdir(folder).catch(() => []);
  const heaps: NonNullable<Telemetry['heaps']> = [];
  for (const name of names.sort()) {
    const heap = /^bm_(\w+)_heap_dump$/.exec(name)?.[1];
    if (heap === undefined) continue;
    const text = await readText(path.join(folder, name, 'summary'));
    const sizes = /heap size:\s*(\d+) bytes,\s*used:\s*(\d+) bytes/.exec(text ?? '');
    const [totalBytes, usedBytes] = [Number(sizes?.[1] ?? 0), Number(sizes?.[2] ?? 0)];
    if (totalBytes > 0) heaps.push({ name: heap, totalBytes, usedBytes });
  }
  return heaps.length > 0 ? heaps : undefined;
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
