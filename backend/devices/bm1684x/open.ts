/** Opens the driver: what the rest of the device host needs to know of it. */
import type { Device } from '../device.ts';
import { Bm1684xDevice, type Bm1684xOptions } from './bm1684x.ts';

/** @throws DeviceError lost, hung */
export function openBm1684x(options: Bm1684xOptions): Promise<Device> {
  return Bm1684xDevice.open(options);
}
