import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cardLibraries, emulatorLibraries } from '../../backend/cardLibraries.ts';
import { homePaths } from '../../backend/client/home.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import type { findToolchain, InstalledToolchain } from '../../backend/toolchain/find.ts';
import { errorOf } from '../support/engineBench.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const own = { x64: 62, arm64: 183 }[process.arch as string] ?? 62;
const other = own === 62 ? 183 : 62;

/** The first bytes of a shared library, by `e_machine`. */
function library(machine: number): Buffer {
  const header = Buffer.alloc(64);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machine, 18);
  return header;
}

async function folderWith(files: Record<string, Buffer | string>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, bytes] of Object.entries(files))
    await writeFile(path.join(folder, name), bytes);
  return folder;
}

describe('cardLibraries', () => {
  it.each([
    ['libbmlib.so.0', 'libbmrt.so.1.0'],
    ['libbmlib.so', 'libbmrt.so'],
  ])('finds %s and %s', async (bmlib, bmrt) => {
    const folder = await folderWith({ [bmlib]: library(own), [bmrt]: library(own) });
    expect(await cardLibraries(folder)).toBe(folder);
  });

  it.each([
    ['nothing', {}, 'libraryMissing', 'libbmlib.so.0'],
    ['no runtime', { 'libbmlib.so.0': library(own) }, 'libraryMissing', 'libbmrt.so.1.0'],
    ['another architecture', { 'libbmlib.so.0': library(other) }, 'libraryMissing', 'is built for'],
    [
      'a text',
      { 'libbmlib.so.0': 'INPUT(libbmlib.so.0.1)' },
      'libraryMissing',
      'no shared library',
    ],
    ['an empty file', { 'libbmlib.so.0': '' }, 'libraryMissing', 'no shared library'],
  ])('says of %s what is wrong', async (_, files, errorName, said) => {
    const folder = await folderWith(files);
    await expect(cardLibraries(folder)).rejects.toMatchObject({
      errorName,
      message: expect.stringContaining(said) as string,
    });
  });
});

describe('emulatorLibraries', () => {
  async function toolchainWith(files: Record<string, Buffer>): Promise<typeof findToolchain> {
    const libraries = await folderWith(files);
    const versions = [{ name: 'pymlir', version: 'v1.30/2' }];
    return () => Promise.resolve({ libraries, versions } as unknown as InstalledToolchain);
  }
  const whole = {
    'libbmlib.so.0': library(other),
    'libbmlib_bm1684x.so.0': library(own),
    'libbmrt.so.1.0': library(own),
    'libcmodel_bm1684x.so': library(own),
  };

  it('makes a folder of its own once, for the right chip', async () => {
    const home = await temporaryFolder();
    const find = await toolchainWith(whole);
    const folder = await emulatorLibraries(home, {}, find);
    expect(folder).toBe(path.join(homePaths(home).emulator, 'v1.30_2'));
    expect((await readdir(folder)).sort()).toEqual([
      'libbmlib.so.0',
      'libbmrt.so.1.0',
      'libcmodel_bm1684x.so',
    ]);
    expect(await readFile(path.join(folder, 'libbmlib.so.0'))).toEqual(library(own));
    const { ino } = await stat(folder);
    expect(await emulatorLibraries(home, {}, find)).toBe(folder);
    expect((await stat(folder)).ino).toBe(ino);
    expect(await readdir(homePaths(home).emulator)).toEqual(['v1.30_2']);
  });

  it('repairs a folder that lacks a file, also when several ask at once', async () => {
    const home = await temporaryFolder();
    await mkdir(path.join(homePaths(home).emulator, 'v1.30_2'), { recursive: true });
    const find = await toolchainWith(whole);
    const folders = await Promise.all([1, 2, 3].map(() => emulatorLibraries(home, {}, find)));
    expect(new Set(folders).size).toBe(1);
    expect(await readdir(folders[0]!)).toHaveLength(3);
    expect(await readdir(homePaths(home).emulator)).toEqual(['v1.30_2']);
  });

  it('says what is wrong with the compiler, and leaves nothing behind', async () => {
    const home = await temporaryFolder();
    expect(await errorOf(emulatorLibraries(home, {}))).toBe('toolchainMissing');
    for (const files of [{}, { ...whole, 'libbmrt.so.1.0': library(other) }]) {
      const error = await emulatorLibraries(home, {}, await toolchainWith(files)).catch(
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(PilotError);
      expect(error).toMatchObject({ errorName: 'toolchainBroken' });
      expect(await readdir(homePaths(home).emulator)).toEqual([]);
    }
  });
});
