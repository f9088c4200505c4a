import { lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../../backend/client/home.ts';
import { addModel } from '../../../backend/models/add.ts';
import { readManifest, writeManifest } from '../../../backend/models/manifest.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import type { ModelInfo } from '../../../backend/protocol/models.ts';
import { buildBmodel, type BmodelParts } from '../../support/bmodelFile.ts';
import { errorOf } from '../../support/engineBench.ts';
import { sha256 } from '../../support/hubServer.ts';
import { createRecorder } from '../../support/pullHarness.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const texts = {
  'tokenizer.json': '{"model":{}}',
  'tokenizer_config.json': JSON.stringify({
    chat_template: '{{ messages }}',
    added_tokens_decoder: { 7: { content: '<|fim_middle|>' } },
  }),
  'config.json': '{"model_type":"qwen3"}',
  'generation_config.json': '{"eos_token_id":[1,2]}',
};

interface Bench {
  readonly store: ModelStore;
  readonly folder: string;
  readonly file: string;
  readonly tokenizer: string;
  readonly add: (given: string, tokenizer?: string, alias?: string) => Promise<ModelInfo>;
}

/** A bmodel of another maker's, and a folder with its tokenizer. */
async function foreign(parts: BmodelParts = {}): Promise<Bench> {
  const store = new ModelStore(await temporaryFolder());
  const folder = await temporaryFolder();
  const file = path.join(folder, 'Qwen3-4B_w4.bmodel');
  await writeFile(file, buildBmodel(parts));
  const tokenizer = path.join(folder, 'config');
  await mkdir(tokenizer);
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(path.join(tokenizer, name), text);
  }
  await writeFile(path.join(tokenizer, 'modeling.py'), 'print(1)');
  const add: Bench['add'] = (given, from, alias) =>
    addModel(
      store,
      { path: given, tokenizer: from, alias },
      createRecorder(),
      new AbortController().signal,
    );
  return { store, folder, file, tokenizer, add };
}

describe('adding a bmodel without a manifest', () => {
  it('links it, copies the texts beside it, and calls it unverified', async () => {
    const { store, file, tokenizer, add } = await foreign();
    const model = await add(file, tokenizer, 'q');
    expect(model).toMatchObject({
      id: 'qwen3-4b_w4',
      aliases: ['q'],
      format: 'bmodel',
      path: path.join(homePaths(store.home).models, 'qwen3-4b_w4'),
      source: file,
      architecture: 'qwen3',
      displayName: 'Qwen3-4B_w4',
      contextLength: 64,
      hasChatTemplate: true,
      hasFillIn: true,
      verified: false,
    });
    expect((await readdir(model.path)).sort()).toEqual(
      [...Object.keys(texts), 'manifest.json', 'model.bmodel'].sort(),
    );
    const link = path.join(model.path, 'model.bmodel');
    expect(await readlink(link)).toBe(file);
    const bytes = await readFile(file);
    expect(model.files.find(({ name }) => name === 'model.bmodel')).toEqual({
      name: 'model.bmodel',
      size: bytes.length,
      sha256: sha256(bytes),
    });
    expect(await store.get('q')).toEqual(model);
    expect(await readdir(homePaths(store.home).downloads)).toEqual([]);
    expect((await add(file, tokenizer)).id).toBe(model.id);
    await store.remove('q');
    expect((await lstat(file)).isFile()).toBe(true);
  });

  it('takes the texts beside the file when no other folder is named, or the folder itself', async () => {
    for (const isFolder of [false, true]) {
      const { file, folder, add } = await foreign();
      await writeFile(path.join(folder, 'tokenizer.json'), '{}');
      expect(await add(isFolder ? folder : file)).toMatchObject({
        format: 'bmodel',
        hasChatTemplate: false,
        verified: false,
      });
    }
  });

  it('does not list it when its file has gone', async () => {
    const { store, file, tokenizer, add } = await foreign();
    const { id } = await add(file, tokenizer);
    await rm(file);
    expect((await store.scan()).problems).toMatchObject([
      { id, reason: expect.stringContaining('is gone') as string },
    ]);
  });

  it.each<[string, BmodelParts, string, RegExp]>([
    ['of another chip', { chip: 'BM1688' }, 'wrongChip', /for the chip BM1688/],
    ['for several chips', { devices: 2 }, 'unsupportedModel', /2 chips at once.*not supported yet/],
    ['cut short', { missingBytes: 1 }, 'modelInvalid', /cut short/],
  ])('refuses one %s', async (_, parts, errorName, message) => {
    const { file, tokenizer, add, store } = await foreign(parts);
    await expect(add(file, tokenizer)).rejects.toMatchObject({
      errorName,
      message: expect.stringMatching(message) as string,
    });
    expect(await store.list()).toEqual([]);
  });

  it('refuses a tokenizer that is none', async () => {
    const { file, folder, tokenizer, add } = await foreign();
    await expect(add(file)).rejects.toMatchObject({
      errorName: 'sourceInvalid',
      message: expect.stringContaining('no tokenizer.json; name the folder') as string,
    });
    expect(await errorOf(add(file, path.join(folder, 'none')))).toBe('sourceInvalid');
    await writeFile(path.join(tokenizer, 'tokenizer.json'), 'no JSON');
    expect(await errorOf(add(file, tokenizer))).toBe('modelInvalid');
    await writeFile(path.join(folder, 'b.gguf'), 'GGUF');
    expect(await errorOf(add(path.join(folder, 'b.gguf'), tokenizer))).toBe('sourceInvalid');
    await expect(add(path.join(folder, 'none.bmodel'), tokenizer)).rejects.toMatchObject({
      errorName: 'sourceInvalid',
      message: expect.stringContaining('no such file') as string,
    });
  });

  it('wants to know which one of several', async () => {
    const { folder, tokenizer, add } = await foreign();
    await writeFile(path.join(folder, 'b.bmodel'), buildBmodel());
    expect(await errorOf(add(folder, tokenizer))).toBe('modelInvalid');
  });
});

describe('adding a converted folder', () => {
  /** As a conversion with --out leaves it. */
  async function converted(): Promise<Bench> {
    const bench = await foreign();
    const added = await bench.add(bench.file, bench.tokenizer);
    const manifest = await readManifest(added.path);
    await bench.store.remove(added.id);
    const out = path.join(bench.folder, 'out');
    await mkdir(out);
    for (const name of Object.keys(texts))
      await writeFile(path.join(out, name), texts[name as keyof typeof texts]);
    await writeFile(path.join(out, 'model.bmodel'), await readFile(bench.file));
    const verification = {
      passed: true,
      on: 'emulator',
      threshold: 0.98,
      createdAt: 'then',
    } as const;
    await writeManifest(out, { ...manifest, verification });
    return { ...bench, folder: out, file: path.join(out, 'model.bmodel') };
  }

  it('refers to it where it is, by the folder as by its file', async () => {
    const { store, folder, file, add } = await converted();
    const model = await add(folder, undefined, 'mine');
    expect(model).toMatchObject({
      id: 'out',
      aliases: ['mine'],
      path: folder,
      source: expect.stringContaining('Qwen3-4B_w4.bmodel') as string,
      verified: true,
    });
    expect((await add(file)).id).toBe('out');
    expect(await store.list()).toEqual([model]);
  });

  it('refuses one whose files are not what its manifest says', async () => {
    const { folder, file, add } = await converted();
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(add(folder)).rejects.toMatchObject({
      errorName: 'modelDamaged',
      message: expect.stringContaining(`${file} is damaged: its sha256`) as string,
    });
    await rm(path.join(folder, 'config.json'));
    await expect(add(folder)).rejects.toMatchObject({
      message: expect.stringContaining('config.json is damaged: it is gone') as string,
    });
  });
});
