/** The `bm1684x` driver's entry: a chip of a card, or the vendor's emulator of one. */
import { DeviceError, type Device } from '../device.ts';

export interface Bm1684xOptions {
  /** Folder with libbmlib and libbmrt. */
  readonly libraries: string;
  readonly isEmulator: boolean;
  /** Number of the chip; 0 on the emulator. */
  readonly chip: number;
}

/** @throws DeviceError lost, when the libraries or the chip cannot be used */
export function openBm1684x({ chip }: Bm1684xOptions): Promise<Device> {
  return Promise.reject(new DeviceError('lost', `There is no driver for chip ${chip}.`));
}
