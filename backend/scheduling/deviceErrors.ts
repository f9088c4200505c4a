/** Faults of a device as errors for people. */
import { basename } from 'node:path';
import { DeviceError } from '../devices/device.ts';
import { PilotError } from '../protocol/errors.ts';

export interface FaultContext {
  readonly device: string;
  /** The model's file or folder. */
  readonly path: string;
}

/** The error that a client sees; anything but a DeviceError is a fault of this program. */
export function pilotErrorOf(error: unknown, { device, path }: FaultContext): PilotError {
  if (error instanceof PilotError) return error;
  if (!(error instanceof DeviceError)) return new PilotError('internalError', {}, { cause: error });
  const options = { cause: error };
  const reason = error.message;
  switch (error.code) {
    case 'noMemory': {
      const {
        heap = 'memory',
        neededBytes = 'more',
        availableBytes = 'too few',
      } = error.shortage ?? {};
      return new PilotError(
        'outOfMemory',
        { device, heap, needed: neededBytes, available: availableBytes },
        options,
      );
    }
    case 'invalidModel':
      return new PilotError('modelInvalid', { file: basename(path), reason }, options);
    case 'unsupportedModel':
      return new PilotError('unsupportedModel', { reason }, options);
    case 'hung':
    case 'timeout':
      return new PilotError('deviceHung', { device }, options);
    case 'lost':
    case 'aborted':
      return new PilotError('deviceLost', { device, reason }, options);
    default:
      return error.code satisfies never;
  }
}
