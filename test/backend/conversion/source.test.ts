import { mkdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findSource } from '../../../backend/conversion/source.ts';
import { describePlan, prepareConversion } from '../../../backend/conversion/plan.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { ConversionPlan, ConvertParams } from '../../../backend/protocol/conversion.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { netsOf, placeStandInCompiler } from '../../support/standInCompiler.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { makeTinyModel, tinyShape } from '../../support/tinyModel.ts';

const GB = 1e9;

async function setUp(config: Record<string, unknown> = {}) {
  const folder = await temporaryFolder();
  const store = new ModelStore(path.join(folder, 'home'));
  const source = path.join(folder, 'tiny');
  await makeTinyModel(source, { config });
  const problems = async (): Promise<string> =>
    (await findSource(store, source)).problems.map(({ message }) => message).join('; ');
  return { folder, store, source, problems };
}

describe('the source of a conversion', () => {
  it('is a folder with nothing the matter', async () => {
    const { store, source } = await setUp();
    const found = await findSource(store, source);
    expect(found).toMatchObject({
      format: 'huggingFace',
      name: 'tiny',
      shape: { ...tinyShape, contextLength: 256 },
      problems: [],
      notices: [],
    });
  });

  it('may be a model of the store, by its name', async () => {
    const { store, source } = await setUp();
    const staged = path.join(store.home, 'downloads/x');
    await mkdir(path.dirname(staged), { recursive: true });
    await rename(source, staged);
    const draft = {
      format: 'safetensors' as const,
      source: 'hf:o/m',
      sourceDigest: 'x',
      files: [],
      hasChatTemplate: true,
      hasFillIn: false,
    };
    await store.install(staged, draft, { name: 'tiny', alias: 'mine' });
    expect((await findSource(store, 'mine')).path).toBe(path.join(store.home, 'models/tiny'));
  });

  it('may hold code and pickled weights, which are left alone', async () => {
    const { store, source } = await setUp();
    await writeFile(path.join(source, 'modeling_tiny.py'), 'raise SystemExit');
    await writeFile(path.join(source, 'pytorch_model.bin'), 'pickle');
    const { notices, problems } = await findSource(store, source);
    expect(problems).toEqual([]);
    expect(notices).toEqual([
      'Code in the model folder is not run: modeling_tiny.py.',
      'Not read, for the safetensors files are: pytorch_model.bin.',
    ]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['asks for code of its own (auto_map)', { auto_map: { AutoModel: 'modeling_tiny.Tiny' } }],
    ['quantized already (awq)', { quantization_config: { quant_method: 'awq' } }],
    ['positions are scaled by "dynamic"', { rope_scaling: { type: 'dynamic', factor: 2 } }],
    ['positions are scaled by "su"', { rope_parameters: { rope_type: 'su' } }],
    ['its activation is "gelu"', { hidden_act: 'gelu' }],
    ['sliding window', { use_sliding_window: true }],
    ['configuration promises', { num_hidden_layers: 5 }],
  ])('is refused: %s', async (reason, config) => {
    const { problems } = await setUp(config);
    expect(await problems()).toContain(reason);
  });

  it('is refused without a tokenizer, or with a damaged one', async () => {
    const { problems, source } = await setUp();
    const file = path.join(source, 'tokenizer.json');
    await truncate(file, 100);
    expect(await problems()).toContain('it is not JSON');
    await rm(file);
    expect(await problems()).toContain('tokenizer.json is not a usable model: it is missing');
  });

  it.each<[string, string, (folder: string) => Promise<unknown>]>([
    ['sourceInvalid', 'no such file', (folder) => rm(folder, { recursive: true })],
    ['sourceInvalid', 'no safetensors', (folder) => rm(path.join(folder, 'model.safetensors'))],
    [
      'unsafeSource',
      'pytorch_model.bin holds Python objects',
      (folder) =>
        rename(path.join(folder, 'model.safetensors'), path.join(folder, 'pytorch_model.bin')),
    ],
    ['sourceInvalid', 'no config.json', (folder) => rm(path.join(folder, 'config.json'))],
    ['modelInvalid', 'lacks', (folder) => cutShort(path.join(folder, 'model.safetensors'))],
    [
      'unsupportedModel',
      'architecture is "mamba"',
      (folder) => writeFile(path.join(folder, 'config.json'), '{"model_type":"mamba"}'),
    ],
  ])('is %s: %s', async (errorName, reason, damage) => {
    const { store, source } = await setUp();
    await damage(source);
    const found = findSource(store, source);
    await expect(found).rejects.toMatchObject({ errorName });
    await expect(found).rejects.toThrow(reason);
  });

  it('is an absolute path, as the backend has a working folder of its own', async () => {
    const { store } = await setUp();
    await expect(findSource(store, 'models/tiny')).rejects.toThrow('absolute');
  });

  it('is a GGUF file only when its tokenizer and positions are known', async () => {
    const { folder, store } = await setUp();
    const file = path.join(folder, 'm.gguf');
    const metadata = {
      'general.architecture': 'qwen2',
      'qwen2.block_count': 1,
      'qwen2.embedding_length': 4,
      'qwen2.feed_forward_length': 4,
      'qwen2.attention.head_count': 1,
      'qwen2.context_length': 64,
      'tokenizer.ggml.tokens': ['a', 'b'],
    };
    const messages = async (more: Record<string, string>): Promise<string> => {
      await writeFile(file, buildGguf({ metadata: { ...metadata, ...more } }));
      const { problems } = await findSource(store, file);
      return problems.map(({ message }) => message).join('; ');
    };
    expect(await messages({ 'tokenizer.ggml.model': 'llama' })).toContain('of the kind "llama"');
    const known = { 'tokenizer.ggml.model': 'gpt2', 'tokenizer.ggml.pre': 'qwen2' };
    expect(await messages({ ...known, 'tokenizer.ggml.pre': 'odd' })).toContain('text by "odd"');
    const scaled = { ...known, 'qwen2.rope.scaling.type': 'yarn' };
    expect(await messages(scaled)).toContain('scaled by "yarn"; take its folder');
    expect(await messages(known)).toMatch(/^m\.gguf .* has 12 parameters, and .* promises/);
  });
});

async function cutShort(file: string): Promise<void> {
  const { length } = await readFile(file);
  await truncate(file, length - 1);
}

describe('the plan of a conversion', () => {
  const edges = {
    env: {},
    freeBytes: () => Promise.resolve(100 * GB),
    freeMemory: () => 100 * GB,
  };

  async function plan(params: object, given = edges, hasCompiler = true): Promise<ConversionPlan> {
    const { store, source } = await setUp();
    await mkdir(store.home);
    if (hasCompiler) await placeStandInCompiler(store.home, netsOf(tinyShape, {}));
    const parsed = ConvertParams.parse({ source, ...params });
    return ConversionPlan.parse(describePlan(await prepareConversion(store, parsed, given)));
  }

  it('says what would be made, before anything is', async () => {
    expect(await plan({})).toMatchObject({
      source: { format: 'huggingFace', architecture: 'qwen3', layers: 2 },
      options: { sequenceLength: 256, chunkLength: 64 },
      subModels: 15,
      prediction: { memory: { fit: 'yes' } },
      problems: [],
    });
  });

  it('lists everything that stands in the way', async () => {
    const poor = { ...edges, freeBytes: () => Promise.resolve(1e6), freeMemory: () => 1e6 };
    const options = { sequenceLength: 512, chunkLength: 300, slots: 2, keepHigh: [2] };
    const { problems } = await plan({ options, out: import.meta.dirname }, poor, false);
    expect(problems.map(({ code }) => code).sort()).toEqual([
      1207, 1601, 1701, 1701, 1701, 1701, 1705, 1706,
    ]);
    for (const { remedy } of problems) expect(remedy).not.toBe('');
  });
});
