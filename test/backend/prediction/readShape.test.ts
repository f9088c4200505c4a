import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readShape } from '../../../backend/prediction/readShape.ts';
import { buildGguf, type GgufTensor } from '../../support/ggufFile.ts';
import { configOf, shapes } from '../../support/modelShapes.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function fileOf(name: string, content: string | Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

const metadata = {
  'general.architecture': 'qwen2',
  'general.file_type': 3,
  'qwen2.block_count': 2,
  'qwen2.embedding_length': 64,
  'qwen2.feed_forward_length': 128,
  'qwen2.attention.head_count': 4,
  'qwen2.attention.head_count_kv': 2,
  'qwen2.context_length': 512,
  'tokenizer.ggml.tokens': Array.from({ length: 100 }, (_, n) => `t${n}`),
};

/** As many elements as the metadata says there are in the layers, and the tables. */
function tensors(tables: number): GgufTensor[] {
  const layer = 64 * 64 * 2 + 64 * 32 * 2 + 3 * 64 * 128;
  const elements = 2 * layer + tables * 64 * 100;
  return [{ name: 'all', dimensions: [elements], type: 30, offset: 0 }];
}

describe('readShape', () => {
  it.each(['Qwen3-8B', 'Qwen2.5-1.5B', 'Qwen-7B'] as const)(
    'reads the config of %s',
    async (name) => {
      const config = await fileOf('config.json', JSON.stringify(configOf(name)));
      expect(await readShape(config)).toEqual(shapes[name]);
      expect(await readShape(path.dirname(config))).toEqual(shapes[name]);
    },
  );

  it('knows what a config leaves out', async () => {
    const rest = {
      ...configOf('Qwen2.5-1.5B'),
      head_dim: undefined,
      num_key_value_heads: undefined,
      tie_word_embeddings: undefined,
    };
    const config = await fileOf('config.json', JSON.stringify(rest));
    expect(await readShape(config)).toMatchObject({ headSize: 128, kvHeads: 12, isTied: false });
    const wide = { ...rest, model_type: 'qwen3', num_attention_heads: 16 };
    const other = await fileOf('config.json', JSON.stringify(wide));
    expect(await readShape(other)).toMatchObject({ headSize: 128, kvHeads: 16 });
  });

  it.each([
    [1, true],
    [2, false],
  ])('reads a GGUF with %i tables of the vocabulary', async (tables, isTied) => {
    const file = await fileOf(
      'm.gguf',
      buildGguf({ metadata, tensors: tensors(tables), dataBytes: 200_000 }),
    );
    expect(await readShape(file)).toEqual({
      architecture: 'qwen2',
      layers: 2,
      hiddenSize: 64,
      innerSize: 128,
      heads: 4,
      kvHeads: 2,
      headSize: 16,
      vocabulary: 100,
      contextLength: 512,
      groupSize: 32,
      isTied,
    });
  });

  const config = configOf('Qwen3-4B');
  it.each<[string, string, string | Buffer, string, string]>([
    ['no JSON', 'config.json', '{', 'modelInvalid', 'config.json is not JSON'],
    ['no model type', 'config.json', '{}', 'modelInvalid', 'names no model_type'],
    [
      'another architecture',
      'config.json',
      JSON.stringify({ model_type: 'gpt2' }),
      'unsupportedModel',
      '"gpt2"; qwen3, qwen2, llama are supported',
    ],
    [
      'a missing key',
      'config.json',
      JSON.stringify({ ...config, hidden_size: undefined }),
      'modelInvalid',
      'hidden_size',
    ],
    [
      'a dimension no model has',
      'config.json',
      JSON.stringify({ ...config, vocab_size: 1e12 }),
      'modelInvalid',
      'vocabulary 1000000000000',
    ],
    [
      'half a head',
      'config.json',
      JSON.stringify({ ...configOf('Qwen-7B'), head_dim: null, hidden_size: 4097 }),
      'modelInvalid',
      'headSize 128.03125',
    ],
    [
      'heads that do not share',
      'config.json',
      JSON.stringify({ ...config, num_key_value_heads: 5 }),
      'modelInvalid',
      '32 heads do not divide by 5',
    ],
    ['no GGUF', 'm.gguf', 'GGML', 'modelInvalid', 'does not begin with "GGUF"'],
    [
      'a GGUF without dimensions',
      'm.gguf',
      buildGguf(),
      'modelInvalid',
      'no llama.attention.head_count',
    ],
    [
      'a mixture of experts',
      'm.gguf',
      buildGguf({ metadata: { 'general.architecture': 'llama', 'llama.expert_count': 8 } }),
      'unsupportedModel',
      'mixture of experts',
    ],
    ['another file', 'm.txt', 'x', 'sourceInvalid', 'neither a GGUF file nor a config.json'],
  ])('refuses %s', async (_, name, content, errorName, reason) => {
    const reading = readShape(await fileOf(name, content));
    await expect(reading).rejects.toMatchObject({ errorName });
    await expect(reading).rejects.toThrow(reason);
  });

  it('refuses what is not there', async () => {
    const folder = await temporaryFolder();
    await expect(readShape(path.join(folder, 'none'))).rejects.toThrow('no such file or folder');
    await mkdir(path.join(folder, 'config.json'));
    await expect(readShape(folder)).rejects.toThrow('the folder has no config.json');
  });
});
