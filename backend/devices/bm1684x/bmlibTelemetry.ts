/** What an open chip tells of itself through libbmlib. A value it does not give is absent. */
import { isMark } from '../../card/procFile.ts';
import type { Telemetry } from '../../protocol/devices.ts';
import type { CardIdentity } from './cardMessages.ts';
import type { Chip } from './chip.ts';
import { Status } from './types.ts';

/** Longer than any of the libraries' texts, which have no length argument. */
const TEXT_BYTES = 128;

export function readIdentity(chip: Chip): CardIdentity {
  const { bmlib } = chip.libraries;
  const boardName = text((out) => bmlib.get_board_name(chip.handle, out));
  const serial = text((out) => bmlib.get_sn(chip.handle, out));
  const version = number((out) => bmlib.get_driver_version(chip.handle, out));
  const clockMhz = number((out) => bmlib.get_clk_tpu_freq(chip.handle, out));
  return {
    ...(boardName !== undefined && { boardName }),
    ...(serial !== undefined && { serial }),
    ...(version !== undefined && { driverVersion: driverVersion(version) }),
    ...(clockMhz !== undefined && { clockMhz }),
  };
}

export function readTelemetryByLibrary(chip: Chip): Telemetry {
  const { bmlib } = chip.libraries;
  const { handle } = chip;
  const values = {
    chipTemperatureC: number((out) => bmlib.get_chip_temp(handle, out)),
    boardTemperatureC: number((out) => bmlib.get_board_temp(handle, out)),
    powerW: number((out) => bmlib.get_tpu_power(handle, out)),
    boardPowerW: number((out) => bmlib.get_board_power(handle, out)),
    fanRpm: number((out) => bmlib.get_fan_speed(handle, out)),
    eccErrors: count((out) => bmlib.get_ecc_correct_num(handle, out)),
    utilization: utilization(chip),
  };
  const heaps = chip.heaps().map(({ name, totalBytes, availableBytes }) => ({
    name,
    totalBytes,
    usedBytes: totalBytes - availableBytes,
  }));
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return { ...(Object.fromEntries(given) as Telemetry), ...(heaps.length > 0 && { heaps }) };
}

/** Major, minor and patch, a byte each: the field is major << 16 | minor << 8 | patch. */
function driverVersion(bits: number): string {
  return [bits >>> 16, (bits >>> 8) & 0xff, bits & 0xff].join('.');
}

/** The share of time that the chip was busy, when the library fills its structure in. */
function utilization({ libraries, handle }: Chip): number | undefined {
  const heap = { mem_total: 0, mem_avail: 0, mem_used: 0 };
  const stat = {
    mem_total: 0,
    mem_used: 0,
    tpu_util: 0,
    heap_num: 0,
    heap_stat: Array(4).fill(heap),
  };
  if (libraries.bmlib.get_stat(handle, stat) !== Status.success) return undefined;
  // The emulator succeeds and writes nothing.
  return stat.mem_total > 0 ? stat.tpu_util / 100 : undefined;
}

/** 0 is how the libraries leave what they do not measure. */
function number(get: (out: number[]) => number): number | undefined {
  const value = count(get);
  return value === 0 ? undefined : value;
}

/** Success can also mean a mark for what there is not, such as corrected errors without ECC. */
function count(get: (out: number[]) => number): number | undefined {
  const out = [0];
  if (get(out) !== Status.success) return undefined;
  const value = Number(out[0]);
  return isMark(value) ? undefined : value;
}

function text(get: (out: Uint8Array) => number): string | undefined {
  const out = Buffer.alloc(TEXT_BYTES);
  if (get(out) !== Status.success) return undefined;
  const written = out.toString('latin1', 0, Math.max(0, out.indexOf(0))).trim();
  return written === '' ? undefined : written;
}
