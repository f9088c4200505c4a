import { expect, it } from 'vitest';
import type { Bmlib } from '../../../../backend/devices/bm1684x/bmlib.ts';
import { readTelemetryByLibrary } from '../../../../backend/devices/bm1684x/bmlibTelemetry.ts';
import { Chip } from '../../../../backend/devices/bm1684x/chip.ts';
import { Status } from '../../../../backend/devices/bm1684x/types.ts';

type Getter = (handle: bigint, out: (number | bigint)[]) => number;
const gives =
  (value: number | bigint): Getter =>
  (_, out) => {
    out[0] = value;
    return Status.success;
  };
const hasNone = (): number => Status.notSupported;

/** A chip whose library knows of nothing but what is given. */
function chipWith(known: Readonly<Record<string, unknown>>): Chip {
  const bmlib = {
    dev_getcount: (count: number[]) => {
      count[0] = 1;
      return Status.success;
    },
    dev_request: (handle: bigint[]) => {
      handle[0] = 1n;
      return Status.success;
    },
    get_chipid: gives(0x1686),
    thread_sync: () => Status.success,
    ...Object.fromEntries(
      ['chip_temp', 'board_temp', 'tpu_power', 'board_power', 'fan_speed', 'ecc_correct_num'].map(
        (name) => [`get_${name}`, hasNone],
      ),
    ),
    get_stat: hasNone,
    get_gmem_total_heap_num: hasNone,
    ...known,
  };
  return Chip.open({ bmlib: bmlib as unknown as Bmlib, bmrt: {} as never }, 0);
}

it('tells what the library measures, and nothing of what it does not', () => {
  const chip = chipWith({
    get_chip_temp: gives(54),
    get_board_power: gives(60),
    get_tpu_power: gives(12.5),
    get_fan_speed: gives(0),
    get_ecc_correct_num: gives(0n),
  });
  expect(readTelemetryByLibrary(chip)).toEqual({
    ...{ chipTemperatureC: 54, powerW: 12.5, boardPowerW: 60, eccErrors: 0 },
  });
});

it('takes the marks for "not supported" and "failed" for no values', () => {
  const chip = chipWith({
    get_chip_temp: gives(0xfffffc00),
    get_board_temp: gives(0xfffffc01),
    get_board_power: gives(0xfffffc01),
    get_tpu_power: gives(12.5),
    // Without ECC, bm_get_correct_num in driver/bm_attr.c.
    get_ecc_correct_num: gives(0xfffffc01n),
  });
  expect(readTelemetryByLibrary(chip)).toEqual({ powerW: 12.5 });
});
