import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withLock } from '../../../backend/models/locks.ts';
import { ModelStore, type InstallOptions } from '../../../backend/models/store.ts';
import { createModelService } from '../../../backend/models/modelService.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function setUp() {
  const home = await temporaryFolder();
  const store = new ModelStore(home, () => new Date('2026-01-02T03:04:05Z'));
  let count = 0;
  const install = async (options: InstallOptions) => {
    const staged = path.join(home, `staged-${++count}`);
    await mkdir(staged);
    await writeFile(path.join(staged, 'm.gguf'), 'abc');
    const files = [{ name: 'm.gguf', size: 3, sha256: 'a'.repeat(64) }];
    const facts = { hasChatTemplate: true, hasFillIn: false, format: 'gguf' as const };
    const digest = `digest ${count}`;
    const draft = { ...facts, entry: 'm.gguf', source: 'hf:a/b', sourceDigest: digest, files };
    return store.install(staged, draft, options);
  };
  return { home, store, install };
}

describe('ModelStore', () => {
  it('has no models in a home that is not there yet', async () => {
    const { store } = await setUp();
    expect(await store.list()).toEqual([]);
    await expect(store.get('x')).rejects.toMatchObject({ errorName: 'modelNotFound' });
  });

  it('installs a model under an id made of its name', async () => {
    const { home, store, install } = await setUp();
    const model = await install({ name: 'My Model.Q4_K_M', alias: 'mine' });
    const folder = path.join(home, 'models', 'my-model.q4_k_m');
    expect(model).toMatchObject({
      id: 'my-model.q4_k_m',
      aliases: ['mine'],
      path: path.join(folder, 'm.gguf'),
      addedAt: '2026-01-02T03:04:05.000Z',
      loaded: false,
    });
    expect(await readdir(folder)).toEqual(['m.gguf', 'manifest.json']);
    expect(await store.get('my-model.q4_k_m')).toEqual(model);
    expect(await store.get('mine')).toEqual(model);
    expect(await store.findBySource('digest 1')).toEqual(model);
    expect(await new ModelStore(home).list()).toEqual([model]);
  });

  it('gives a second model of the same name a number', async () => {
    const { install } = await setUp();
    await install({ name: 'm' });
    expect((await install({ name: 'm' })).id).toBe('m-2');
    await install({ name: 'other', alias: 'm-3' });
    expect((await install({ name: 'm' })).id).toBe('m-4');
  });

  it('keeps aliases unique', async () => {
    const { store, install } = await setUp();
    const first = await install({ name: 'first', alias: 'a' });
    await expect(install({ name: 'second', alias: 'a' })).rejects.toMatchObject({
      errorName: 'modelExists',
    });
    await expect(install({ name: 'second', alias: 'first' })).rejects.toMatchObject({
      errorName: 'modelExists',
    });
    await expect(store.requireFreeAlias('a')).rejects.toMatchObject({ errorName: 'modelExists' });
    await store.requireFreeAlias('a', first.id);
    expect((await store.addAlias(first.id, 'a')).aliases).toEqual(['a']);
    expect((await store.addAlias(first.id, 'b')).aliases).toEqual(['a', 'b']);
  });

  it('takes an alias from another model when told to', async () => {
    const { store, install } = await setUp();
    await install({ name: 'first', alias: 'default' });
    await install({ name: 'second', alias: 'default', takeAlias: true });
    expect((await store.get('default')).id).toBe('second');
    expect((await store.get('first')).aliases).toEqual([]);
    await store.addAlias('first', 'default', true);
    expect((await store.get('default')).id).toBe('first');
    expect((await store.get('second')).aliases).toEqual([]);
  });

  it('lists nothing that is half made, and says why', async () => {
    const { home, store, install } = await setUp();
    const models = path.join(home, 'models');
    await install({ name: 'good' });
    await install({ name: 'shrunk' });
    await truncate(path.join(models, 'shrunk', 'm.gguf'), 2);
    await install({ name: 'gone' });
    await rm(path.join(models, 'gone', 'm.gguf'));
    await install({ name: 'damaged' });
    await writeFile(path.join(models, 'damaged', 'manifest.json'), '{');
    await mkdir(path.join(models, 'empty'));
    await install({ name: 'liar' });
    const manifest = path.join(models, 'liar', 'manifest.json');
    await writeFile(manifest, JSON.stringify({ manifestVersion: 1, id: 'liar' }));

    const { models: usable, problems } = await store.scan();
    expect(usable.map(({ id }) => id)).toEqual(['good']);
    expect(Object.fromEntries(problems.map(({ id, reason }) => [id, reason]))).toEqual({
      damaged: expect.stringContaining('JSON') as string,
      empty: 'it has no manifest',
      gone: expect.stringContaining('is gone') as string,
      liar: expect.stringContaining('aliases') as string,
      shrunk: expect.stringContaining('has 2 bytes, not 3') as string,
    });
    await expect(store.get('shrunk')).rejects.toMatchObject({ errorName: 'modelInvalid' });
  });

  it('refuses a manifest whose files lie outside its folder', async () => {
    const { home, store, install } = await setUp();
    const model = await install({ name: 'm' });
    const file = path.join(home, 'models', 'm', 'manifest.json');
    const evil = { ...model, manifestVersion: 1, sourceDigest: '', entry: '../../token' };
    await writeFile(file, JSON.stringify(evil));
    expect((await store.scan()).problems).toMatchObject([{ id: 'm' }]);
  });

  it('removes models, also those that cannot be used, unless they are loaded', async () => {
    const { home, store, install } = await setUp();
    await install({ name: 'first', alias: 'a' });
    await install({ name: 'broken' });
    await rm(path.join(home, 'models', 'broken', 'm.gguf'));
    await expect(store.remove('a', (id) => id === 'first')).rejects.toMatchObject({
      errorName: 'modelInUse',
    });
    await store.remove('a');
    await store.remove('broken');
    expect(await readdir(path.join(home, 'models'))).toEqual([]);
    expect(await readdir(path.join(home, 'downloads'))).toEqual([]);
    await expect(store.remove('a')).rejects.toMatchObject({ errorName: 'modelNotFound' });
    await expect(store.remove('../home')).rejects.toMatchObject({ errorName: 'modelNotFound' });
  });

  it('makes changes one after the other', async () => {
    const { store, install } = await setUp();
    const installs = await Promise.all(Array.from({ length: 5 }, () => install({ name: 'm' })));
    expect(new Set(installs.map(({ id }) => id)).size).toBe(5);
    expect(await store.list()).toHaveLength(5);
  });

  it('says when the home cannot be written', async () => {
    const home = path.join(await temporaryFolder(), 'file');
    await writeFile(home, '');
    const store = new ModelStore(home);
    await expect(store.remove('m')).rejects.toMatchObject({ errorName: 'homeNotWritable' });
  });
});

describe('createModelService', () => {
  it('adds what the device has loaded', async () => {
    const { store, install } = await setUp();
    await install({ name: 'first' });
    await install({ name: 'second', alias: 'a' });
    const service = createModelService(store, (id) => id === 'second');
    expect((await service.list()).map(({ id, loaded }) => [id, loaded])).toEqual([
      ['first', false],
      ['second', true],
    ]);
    expect((await service.get('a')).loaded).toBe(true);
    await expect(service.remove('second')).rejects.toMatchObject({ errorName: 'modelInUse' });
    await service.remove('first');
    await expect(service.add({ path: 'm.gguf' })).rejects.toMatchObject({
      errorName: 'sourceInvalid',
    });
  });
});

describe('withLock', () => {
  it('waits for the holder, and says so once', async () => {
    const folder = path.join(await temporaryFolder(), 'x');
    const order: string[] = [];
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    let first: Promise<void> | undefined;
    await new Promise<void>((begun) => {
      first = withLock(folder, {}, async () => {
        order.push('first');
        begun();
        await held;
      });
    });
    const onWait = (): void => {
      order.push('waiting');
      letGo();
    };
    await withLock(folder, { onWait }, () => Promise.resolve(order.push('second')));
    await first;
    expect(order).toEqual(['first', 'waiting', 'second']);
  });

  it('stops waiting when the signal aborts, and lets go when the work fails', async () => {
    const folder = path.join(await temporaryFolder(), 'x');
    const controller = new AbortController();
    await expect(
      withLock(folder, {}, async () => {
        const options = { signal: controller.signal, onWait: () => controller.abort() };
        await withLock(folder, options, () => Promise.resolve());
      }),
    ).rejects.toThrow('aborted');
    await withLock(folder, {}, () => Promise.resolve());
  });
});
