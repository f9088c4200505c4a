/** Drivers by name, in the order in which `auto` prefers them. */
import { CpuDevice } from './cpu.ts';
import type { Device } from './device.ts';

/** What `--device` may be. */
export const deviceNames = ['auto', 'cpu'] as const;
export type DeviceName = (typeof deviceNames)[number];

/** The best device of this machine. An accelerator's driver will be asked first. */
const automatic = 'cpu';

/**
 * Open a device.
 * @throws DeviceError lost, when its library or hardware is missing
 */
export function openDevice(name: DeviceName): Promise<Device> {
  switch (name) {
    case 'auto':
      return openDevice(automatic);
    case 'cpu':
      return Promise.resolve().then(() => new CpuDevice());
    default:
      return name satisfies never;
  }
}
