/** Errors of a device as data: a class crosses neither threads nor processes. */
import { DeviceError, type DeviceErrorCode, type MemoryShortage } from './device.ts';

/** A DeviceError; `internal` for any other error. */
export interface DeviceFault {
  readonly code: DeviceErrorCode | 'internal';
  readonly message: string;
  readonly shortage?: MemoryShortage;
}

export function faultOf(error: unknown): DeviceFault {
  if (error instanceof DeviceError) {
    const { code, message, shortage } = error;
    return { code, message, ...(shortage && { shortage }) };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

/** The reverse of `faultOf`. */
export function errorOf({ code, message, shortage }: DeviceFault): Error {
  return code === 'internal' ? new Error(message) : new DeviceError(code, message, shortage);
}
