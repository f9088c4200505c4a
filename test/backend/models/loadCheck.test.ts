import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { homePaths } from '../../../backend/client/home.ts';
import { checkBeforeLoading } from '../../../backend/models/loadCheck.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { errorOf } from '../../support/engineBench.ts';
import { sha256 } from '../../support/hubServer.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const bytes = buildBmodel();

async function setUp() {
  const home = await temporaryFolder();
  await mkdir(homePaths(home).models);
  const folder = await temporaryFolder();
  const file = path.join(folder, 'model.bmodel');
  await writeFile(file, bytes);
  const files = [{ name: 'model.bmodel', size: bytes.length, sha256: sha256(bytes) }];
  const stamps = path.join(homePaths(home).models, 'checked.json');
  const check = (): Promise<void> => checkBeforeLoading(home, { path: folder, files });
  return { home, folder, file, stamps, check };
}

/** The same length, one bit turned in the weights. */
function damaged(): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

it('reads a bmodel when it has changed, and not again', async () => {
  const { file, stamps, check } = await setUp();
  const written = new Date('2026-01-01');
  await utimes(file, written, written);
  await check();
  expect(JSON.parse(await readFile(stamps, 'utf8'))).toEqual({
    [file]: { size: bytes.length, mtimeMs: written.getTime(), sha256: sha256(bytes) },
  });
  // With the old date on it the damage is not looked for: this is what the stamp saves.
  await writeFile(file, damaged());
  await utimes(file, written, written);
  await check();
  await utimes(file, written, new Date('2026-01-02'));
  await expect(check()).rejects.toMatchObject({
    errorName: 'modelDamaged',
    message: `${file} is damaged: its sha256 is not the one in its manifest`,
    data: { remedy: expect.stringContaining('Copy it anew') as string },
  });
  await writeFile(file, bytes.subarray(0, -1));
  expect(await errorOf(check())).toBe('modelInvalid');
  await writeFile(file, Buffer.concat([bytes, Buffer.alloc(1)]));
  expect(await errorOf(check())).toBe('modelDamaged');
});

it('forgets files that are gone, and does without a place to write to', async () => {
  const { home, file, folder, stamps, check } = await setUp();
  await writeFile(stamps, JSON.stringify({ '/gone': { size: 1, mtimeMs: 1, sha256: 'a' } }));
  await check();
  expect(Object.keys(JSON.parse(await readFile(stamps, 'utf8')) as object)).toEqual([file]);
  await writeFile(stamps, 'damaged');
  await check();
  await rm(homePaths(home).models, { recursive: true });
  await check();
  await checkBeforeLoading(home, { path: folder });
});

it('refuses another chip, whether or not a manifest knows the file', async () => {
  const { home, file, folder, check } = await setUp();
  await writeFile(file, buildBmodel({ chip: 'BM1688' }));
  expect(await errorOf(check())).toBe('wrongChip');
  expect(await errorOf(checkBeforeLoading(home, { path: file }))).toBe('wrongChip');
  await writeFile(file, buildBmodel({ devices: 2 }));
  expect(await errorOf(checkBeforeLoading(home, { path: folder }))).toBe('unsupportedModel');
});

it('leaves other formats, and what is not there, to the device', async () => {
  const { home, folder } = await setUp();
  await writeFile(path.join(folder, 'a.gguf'), 'GGUF');
  await checkBeforeLoading(home, { path: path.join(folder, 'a.gguf') });
  await checkBeforeLoading(home, { path: path.join(folder, 'none') });
});
