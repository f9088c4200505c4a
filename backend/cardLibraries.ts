/** The folder with libbmlib and libbmrt: a card's from libsophon, the emulator's from the compiler. */
import { copyFile, link, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { homePaths } from './client/home.ts';
import { readElfArchitecture } from './formats/elf.ts';
import { FormatError } from './formats/fileCursor.ts';
import { diskError, errorCode, makeFolder } from './models/disk.ts';
import { withLock } from './models/locks.ts';
import { PilotError } from './protocol/errors.ts';
import { findToolchain, type InstalledToolchain } from './toolchain/find.ts';

/** Where libsophon's packages put the libraries of the version in use. */
const LIBSOPHON = '/opt/sophon/libsophon-current/lib';

/** Names under which each library is found; packages for developers have the last one alone. */
const cardLibraryNames = [
  ['libbmlib.so.0', 'libbmlib.so'],
  ['libbmrt.so.1.0', 'libbmrt.so'],
] as const;

/**
 * Name in the emulator's folder to name in the compiler's. Nothing else of the compiler is needed:
 * the rest is the system's own. libbmlib is there for other chips too, under the plain name last
 * linked, so the name with the chip is taken.
 */
const emulatorFiles: Readonly<Record<string, string>> = {
  'libbmlib.so.0': 'libbmlib_bm1684x.so.0',
  'libbmrt.so.1.0': 'libbmrt.so.1.0',
  'libcmodel_bm1684x.so': 'libcmodel_bm1684x.so',
};

/** The emulator itself, which libbmlib loads. */
export function emulatorProgram(libraries: string): string {
  return path.join(libraries, 'libcmodel_bm1684x.so');
}

/**
 * The card's libraries, seen to be there and fit for this machine.
 * @param folder where to look instead of libsophon's own place
 * @throws PilotError libraryMissing
 */
export async function cardLibraries(folder: string = LIBSOPHON): Promise<string> {
  const absolute = path.resolve(folder);
  for (const names of cardLibraryNames) {
    const file = await firstFile(absolute, names);
    if (file === undefined) {
      throw unusable(`there is no ${names[0]} in ${absolute}.`);
    }
    const reason = await whyUnfit(file);
    if (reason !== undefined) throw unusable(`${file}: ${reason}.`);
  }
  return absolute;
}

/**
 * The emulator's libraries in a folder of their own, made at the first call: beside the compiler's
 * other libraries they would find each other's.
 * @throws PilotError toolchainMissing, toolchainBroken, homeNotWritable, diskFull
 */
export async function emulatorLibraries(
  home: string,
  env: NodeJS.ProcessEnv,
  find: typeof findToolchain = findToolchain,
): Promise<string> {
  const toolchain = await find(home, env);
  const version = versionOf(toolchain);
  const folder = path.join(homePaths(home).emulator, version);
  if (await isComplete(folder)) return folder;
  await makeFolder(path.dirname(folder));
  return withLock(folder, {}, async () => {
    if (await isComplete(folder)) return folder;
    await makeLibraries(toolchain.libraries, folder);
    return folder;
  });
}

function unusable(reason: string): PilotError {
  return new PilotError('libraryMissing', { device: 'bm1684x', reason });
}

/** Visible as a whole or not at all. */
async function makeLibraries(from: string, folder: string): Promise<void> {
  const parts = `${folder}.part`;
  try {
    await rm(parts, { recursive: true, force: true });
    await makeFolder(parts);
    for (const [name, source] of Object.entries(emulatorFiles)) {
      await place(path.join(from, source), path.join(parts, name));
    }
    await rm(folder, { recursive: true, force: true });
    await rename(parts, folder);
  } catch (error) {
    await rm(parts, { recursive: true, force: true });
    throw error instanceof PilotError ? error : (diskError(error, folder) ?? error);
  }
}

function versionOf({ versions }: InstalledToolchain): string {
  return (versions[0]?.version ?? 'unknown').replaceAll(/[^\w.-]/g, '_');
}

async function isComplete(folder: string): Promise<boolean> {
  for (const name of Object.keys(emulatorFiles)) {
    if (!(await isFile(path.join(folder, name)))) return false;
  }
  return true;
}

/** A hard link where the file system has them between the two, else a copy. */
async function place(from: string, to: string): Promise<void> {
  const file = await realpath(from).catch((cause: unknown) => {
    throw new PilotError('toolchainBroken', { reason: `${from} is missing` }, { cause });
  });
  const unfit = await whyUnfit(file);
  if (unfit !== undefined) throw new PilotError('toolchainBroken', { reason: `${from}: ${unfit}` });
  try {
    await link(file, to);
  } catch {
    await copyFile(file, to);
  }
}

/** Undefined for a library that this process can load, by its architecture. */
async function whyUnfit(file: string): Promise<string | undefined> {
  try {
    const architecture = await readElfArchitecture(file);
    if (architecture === process.arch) return undefined;
    return `it is built for ${architecture}, and this program for ${process.arch}`;
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    const code = errorCode(error);
    if (code === undefined) throw error;
    return `it cannot be read (${code})`;
  }
}

async function firstFile(folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const file = path.join(folder, name);
    if (await isFile(file)) return file;
  }
  return undefined;
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() ?? false;
}
