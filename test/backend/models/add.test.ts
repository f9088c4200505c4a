import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { addModel } from '../../../backend/models/add.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { sha256 } from '../../support/hubServer.ts';
import { createRecorder } from '../../support/pullHarness.ts';
import { safetensorsModel } from '../../support/safetensorsFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const gguf = buildGguf();

async function setUp() {
  const store = new ModelStore(await temporaryFolder());
  const folder = await temporaryFolder();
  const recorder = createRecorder();
  const add = (name: string, alias?: string, signal = new AbortController().signal) =>
    addModel(store, { path: path.join(folder, name), alias }, recorder, signal);
  return { store, folder, recorder, add };
}

describe('addModel', () => {
  it('refers to a file where it is', async () => {
    const { store, folder, add } = await setUp();
    const file = path.join(folder, 'Tiny.gguf');
    await writeFile(file, gguf);
    const model = await add('Tiny.gguf', 'mine');
    expect(model).toMatchObject({
      id: 'tiny',
      aliases: ['mine'],
      path: file,
      source: file,
      files: [{ name: 'Tiny.gguf', size: gguf.length, sha256: sha256(gguf) }],
      architecture: 'llama',
    });
    expect(await store.get('mine')).toEqual(model);
    await store.remove('mine');
    expect((await readFile(file)).equals(gguf)).toBe(true);
  });

  it('refers to a safetensors folder', async () => {
    const { folder, add } = await setUp();
    for (const [name, body] of Object.entries(safetensorsModel())) {
      await writeFile(path.join(folder, name), body);
    }
    expect(await add('')).toMatchObject({ format: 'safetensors', path: folder, parameters: 12 });
  });

  it('knows what it has already', async () => {
    const { folder, recorder, add } = await setUp();
    await writeFile(path.join(folder, 'm.gguf'), gguf);
    const first = await add('m.gguf');
    expect(await add('m.gguf', 'a')).toEqual({ ...first, aliases: ['a'] });
    expect(recorder.notices).toHaveLength(1);
  });

  it('does not list a model whose file has gone', async () => {
    const { store, folder, add } = await setUp();
    await writeFile(path.join(folder, 'm.gguf'), gguf);
    await add('m.gguf');
    await rm(path.join(folder, 'm.gguf'));
    expect(await store.list()).toEqual([]);
    await expect(store.get('m')).rejects.toMatchObject({ errorName: 'modelInvalid' });
  });

  it('refuses what is no model, and what is taken', async () => {
    const { store, folder, add } = await setUp();
    await writeFile(path.join(folder, 'm.gguf'), 'GGUF');
    await expect(add('m.gguf')).rejects.toMatchObject({ errorName: 'modelInvalid' });
    await expect(add('none.gguf')).rejects.toMatchObject({ errorName: 'sourceInvalid' });
    await writeFile(path.join(folder, 'm.gguf'), gguf);
    await writeFile(path.join(folder, 'n.gguf'), gguf);
    await add('m.gguf', 'a');
    await expect(add('n.gguf', 'a')).rejects.toMatchObject({ errorName: 'modelExists' });
    expect(await store.list()).toHaveLength(1);
  });

  it('can be cancelled', async () => {
    const { folder, add } = await setUp();
    await writeFile(path.join(folder, 'm.gguf'), gguf);
    await expect(add('m.gguf', undefined, AbortSignal.abort())).rejects.toMatchObject({
      errorName: 'cancelled',
    });
  });
});
