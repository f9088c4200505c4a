import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ModelMetadata } from '../../../backend/devices/device.ts';
import { readModelMetadata } from '../../../backend/tokenizer/modelMetadata.ts';
import { parseTokenizer } from '../../../backend/tokenizer/tokenizerFile.ts';

const added = (texts: readonly string[]) =>
  texts.map((content, n) => ({ id: 10 + n, content, special: true }));
const base = { model: { vocab: { a: 0, b: 1 }, merges: [] } };
const chat = { ...base, added_tokens: added(['<s>', '</s>', '<|eot_id|>', '<|im_end|>']) };

describe('metadata of a model folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-metadata-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function read(
    files: Record<string, unknown>,
    tokenizer: object = chat,
  ): Promise<ModelMetadata> {
    for (const [name, value] of Object.entries(files)) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      await writeFile(path.join(folder, name), text);
    }
    return readModelMetadata(folder, parseTokenizer(tokenizer, 'tokenizer.json'));
  }

  it('does without all the other files', async () => {
    expect(await read({}, base)).toEqual({
      ...{ architecture: '', name: path.basename(folder), vocabularySize: 2 },
      ...{ trainedContextLength: 0, addBos: false, endTokens: [], specialTokens: [] },
    });
  });

  it('reads sizes and names of config.json', async () => {
    const config = { model_type: 'qwen3', vocab_size: 64, max_position_embeddings: 4096 };
    expect(
      await read({ 'config.json': { ...config, _name_or_path: 'org/Some-Model' } }),
    ).toMatchObject({
      ...{ architecture: 'qwen3', name: 'Some-Model', vocabularySize: 64 },
      trainedContextLength: 4096,
    });
  });

  it('finds the sizes of the text part', async () => {
    const text_config = { vocab_size: 64, max_position_embeddings: 4096 };
    const metadata = await read({ 'config.json': { model_type: 'vision', text_config } });
    expect(metadata).toMatchObject({ vocabularySize: 64, trainedContextLength: 4096 });
  });

  it('never has fewer rows than tokens', async () => {
    expect((await read({ 'config.json': { vocab_size: 3 } })).vocabularySize).toBe(14);
  });

  it('ends at each end that any file or name tells', async () => {
    const metadata = await read({
      'generation_config.json': { eos_token_id: [0, 1, 999] },
      'tokenizer_config.json': { eos_token: { content: '</s>' } },
    });
    expect(metadata.endTokens).toEqual([0, 1, 11, 12, 13]);
    expect(metadata.eosToken).toEqual({ id: 11, text: '</s>' });
  });

  it('takes the end of generation_config.json where the tokenizer names none', async () => {
    const metadata = await read({ 'generation_config.json': { eos_token_id: 12 } });
    expect(metadata.eosToken).toEqual({ id: 12, text: '<|eot_id|>' });
  });

  it('has the sampling that generation_config.json recommends', async () => {
    const generation = { eos_token_id: 11, do_sample: true, temperature: 0.6, top_k: 20 };
    const { sampling } = await read({ 'generation_config.json': generation });
    expect(sampling).toMatchObject({ temperature: 0.6, topK: 20 });
  });

  const begin = (id: string) => ({
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
  });
  it.each([
    ['says so', { add_bos_token: true }, {}, true],
    ['says not', { add_bos_token: false }, { post_processor: begin('<s>') }, false],
    ['has a template that does', {}, { post_processor: begin('<s>') }, true],
    [
      'has one among others',
      {},
      { post_processor: { type: 'Sequence', processors: [{ type: 'ByteLevel' }, begin('<s>')] } },
      true,
    ],
    ['begins with another token', {}, { post_processor: begin('</s>') }, false],
    ['says nothing', {}, {}, false],
  ])('adds the first token when the tokenizer %s', async (_, config, parts, expected) => {
    const files = { 'tokenizer_config.json': { bos_token: '<s>', ...config } };
    const metadata = await read(files, { ...chat, ...parts });
    expect(metadata.addBos).toBe(expected);
    expect(metadata.bosToken).toEqual({ id: 10, text: '<s>' });
  });

  it.each([
    ['its own file', 'file', { 'chat_template.jinja': 'file' }],
    ['a text', 'text', {}],
    ['the default of a list', 'usual', {}],
  ])('takes the template of %s', async (_, expected, files) => {
    const list = ['tool_use', 'default'].map((name, n) => ({
      name,
      template: ['tools', 'usual'][n],
    }));
    const chat_template = expected === 'usual' ? list : 'text';
    const metadata = await read({ 'tokenizer_config.json': { chat_template }, ...files });
    expect(metadata.chatTemplate).toBe(expected);
  });

  it.each([
    [
      ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'],
      { prefix: 10, suffix: 11, middle: 12 },
    ],
    [['<fim_suffix>', '<fim_middle>', '<fim_prefix>'], { prefix: 12, suffix: 10, middle: 11 }],
    [
      ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'],
      { prefix: 10, suffix: 11, middle: 12 },
    ],
    [['▁<PRE>', '▁<SUF>', '▁<MID>'], { prefix: 10, suffix: 11, middle: 12 }],
    [
      ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|repo_name|>', '<|file_sep|>'],
      { prefix: 10, suffix: 11, middle: 12, repository: 13, file: 14 },
    ],
    [['<|fim_prefix|>', '<|fim_suffix|>'], undefined],
  ])('knows the tokens for filling in: %j', async (texts, expected) => {
    const metadata = await read({}, { ...base, added_tokens: added(texts) });
    expect(metadata.fillIn).toEqual(expected);
  });

  it('counts markers as special though the file does not', async () => {
    const tokens = added(['<|fim_prefix|>', '<think>', '<tool_call>']);
    const added_tokens = tokens.map((token) => ({ ...token, special: false }));
    const metadata = await read({}, { ...base, added_tokens });
    expect(metadata.specialTokens).toEqual([{ id: 10, text: '<|fim_prefix|>' }]);
  });

  it.each(['config.json', 'generation_config.json', 'tokenizer_config.json'])(
    'names %s when it is damaged',
    async (name) => {
      const reading = read({ [name]: '{"eos_token_id": {}, "eos_token": 7}' });
      await expect(reading).rejects.toMatchObject({ code: 'invalidModel' });
      await expect(reading).rejects.toThrow(new RegExp(`${name} is damaged`));
    },
  );
});
