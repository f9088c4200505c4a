/** Drivers by the name of their device. */
import { openBm1684x } from './bm1684x/open.ts';
import { CpuDevice } from './cpu.ts';
import { DeviceError, type Device } from './device.ts';
import type { HostDevice } from './deviceName.ts';

/** Where a device host finds the folder with libbmlib and libbmrt. */
export const LIBRARIES_VARIABLE = 'TPU_PILOT_CARD_LIBRARIES';

/**
 * Open a device.
 * @throws DeviceError lost, when its library or hardware is missing
 */
export async function openDevice(device: HostDevice, env: NodeJS.ProcessEnv): Promise<Device> {
  if (device.kind === 'cpu') return new CpuDevice();
  const libraries = env[LIBRARIES_VARIABLE];
  if (libraries === undefined) {
    throw new DeviceError('lost', `${LIBRARIES_VARIABLE} does not name the libraries' folder.`);
  }
  const isEmulator = device.kind === 'emulator';
  return openBm1684x({ libraries, isEmulator, chip: isEmulator ? 0 : device.chip });
}
