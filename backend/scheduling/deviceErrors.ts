/** Faults of a device as errors for people. */
import { basename } from 'node:path';
import { DeviceError, isDeviceError, type MemoryShortage } from '../devices/device.ts';
import { PilotError, toPilotError } from '../protocol/errors.ts';
import type { ErrorName } from '../protocol/errorTable.ts';
import type { Details } from '../protocol/fillIn.ts';

export interface FaultContext {
  readonly device: string;
  /** The model's file or folder. */
  readonly path: string;
}

/** The error that a client sees; anything but a DeviceError is a fault of this program. */
export function pilotErrorOf(error: unknown, { device, path }: FaultContext): PilotError {
  if (!(error instanceof DeviceError)) return toPilotError(error);
  const options = { cause: error };
  const reason = error.message;
  switch (error.code) {
    case 'noMemory':
      return new PilotError(...shortageOf(device, error.shortage), options);
    case 'invalidModel':
      return new PilotError('modelInvalid', { file: basename(path), reason }, options);
    case 'unsupportedModel':
      return new PilotError('unsupportedModel', { reason }, options);
    case 'tokenizerFailed':
      return new PilotError('tokenizerFailed', { file: basename(path), reason }, options);
    case 'hung':
      return new PilotError('deviceHung', { device, reason }, options);
    case 'timeout':
      return new PilotError('deviceTimeout', { device }, options);
    case 'libraryMissing':
    case 'libraryTooOld':
      // The emulator's libraries come with the compiler, the card's with libsophon.
      return device.startsWith('emulator')
        ? new PilotError('toolchainBroken', { reason }, options)
        : new PilotError(error.code, { device, reason }, options);
    case 'noPermission':
      return new PilotError(error.code, { device, reason }, options);
    case 'inUse':
      return new PilotError('deviceInUse', { device, reason }, options);
    case 'lost':
    case 'aborted':
      return new PilotError('deviceLost', { device, reason }, options);
    default:
      return error.code satisfies never;
  }
}

/** Why a process could not load a model: the model is at fault when the process died of it. */
export function loadErrorOf(error: unknown, context: FaultContext): PilotError {
  const died = isDeviceError(error, 'lost');
  if (!died) return pilotErrorOf(error, context);
  const message = `loading it ended the device host: ${error.message}`;
  return pilotErrorOf(new DeviceError('invalidModel', message), context);
}

/** Why a device cannot be opened; what has no row of its own is `deviceUnavailable`. */
export function openingErrorOf(error: unknown, device: string): PilotError {
  const named = pilotErrorOf(error, { device, path: '' });
  const { errorName } = named;
  if (errorName !== 'internalError' && errorName !== 'deviceLost') return named;
  const reason = error instanceof Error ? error.message : String(error);
  return new PilotError('deviceUnavailable', { device, reason }, { cause: error });
}

function shortageOf(device: string, shortage: MemoryShortage | undefined): [ErrorName, Details] {
  if (shortage === undefined) {
    return ['outOfMemory', { device, heap: 'memory', needed: 'more', available: 'too few' }];
  }
  const { heap, neededBytes, availableBytes, fits, convertedFor } = shortage;
  const details = { device, heap, needed: neededBytes, available: availableBytes };
  if (fits) return ['outOfMemoryFits', { ...details, ...fits }];
  if (convertedFor === undefined) return ['outOfMemory', details];
  return ['outOfMemoryConverted', { ...details, contextLength: convertedFor }];
}
