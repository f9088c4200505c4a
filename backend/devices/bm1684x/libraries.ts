/** Opens libbmlib and libbmrt, once for the process: the emulator's keep global state. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import koffi, { type LibraryHandle } from 'koffi';
import { DeviceError } from '../device.ts';
import { bindBmlib, type Bmlib } from './bmlib.ts';
import { bindBmrt, type Bmrt } from './bmrt.ts';
import { wrongSizes } from './types.ts';

export interface CardLibraries {
  readonly bmlib: Bmlib;
  readonly bmrt: Bmrt;
}

/** The names that libsophon installs, the versioned one first. */
const names = {
  bmlib: ['libbmlib.so.0', 'libbmlib.so'],
  bmrt: ['libbmrt.so.1.0', 'libbmrt.so'],
};

/**
 * @param folder with both libraries
 * @throws DeviceError libraryMissing, lost; a function that is not there throws libraryTooOld
 */
export function openLibraries(folder: string): CardLibraries {
  const wrong = wrongSizes();
  if (wrong.length > 0) {
    throw new DeviceError('lost', `On this machine ${wrong.join(', ')} have other sizes in C.`);
  }
  // Its own name tells the version: /opt/sophon/libsophon-0.5.1/lib.
  const missing = (symbol: string): DeviceError =>
    new DeviceError('libraryTooOld', `what is in ${realpathSync(folder)} lacks ${symbol}.`);
  // In this order: the second finds the first's symbols.
  const bmlib = open(folder, names.bmlib);
  const bmrt = open(folder, names.bmrt);
  return { bmlib: bindBmlib(bmlib, missing), bmrt: bindBmrt(bmrt, missing) };
}

function open(folder: string, candidates: readonly string[]): LibraryHandle {
  const name = candidates.find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) {
    throw new DeviceError('libraryMissing', `there is no ${candidates.join(' or ')} in ${folder}.`);
  }
  try {
    return koffi.load(join(folder, name), { global: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `${name} cannot be opened: ${reason}.`;
    throw new DeviceError('libraryMissing', message, undefined, { cause });
  }
}
