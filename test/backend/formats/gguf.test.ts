import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../backend/formats/fileCursor.ts';
import { readGguf } from '../../../backend/formats/gguf.ts';
import { readGgufFacts } from '../../../backend/models/ggufFacts.ts';
import { buildGguf, soundMetadata, type GgufParts } from '../../support/ggufFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function fileOf(bytes: Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), 'model.gguf');
  await writeFile(file, bytes);
  return file;
}

describe('readGguf', () => {
  it('reads scalars, counts parameters and finds markers', async () => {
    const header = await readGguf(await fileOf(buildGguf()), new Set(['</s>', 'absent']));
    expect(Object.fromEntries(header.metadata)).toEqual({
      'general.architecture': 'llama',
      'general.name': 'Tiny',
      'general.file_type': 15,
      'llama.context_length': 2048,
      'tokenizer.chat_template': '{{ messages }}',
    });
    expect(header).toMatchObject({ tensors: 2, parameters: 12, markers: new Set(['</s>']) });
  });

  it('reads a header larger than its buffer', async () => {
    const tokens = Array.from({ length: 200_000 }, (_, n) => `token ${n}`);
    const metadata = {
      ...soundMetadata,
      'tokenizer.ggml.tokens': [...tokens, '<last>'],
      end: 'yes',
    };
    const bytes = buildGguf({ metadata });
    expect(bytes.length).toBeGreaterThan(3_000_000);
    const header = await readGguf(await fileOf(bytes), new Set(['<last>', 'token 77777']));
    expect(header.metadata.get('end')).toBe('yes');
    expect(header.markers).toEqual(new Set(['<last>', 'token 77777']));
  });

  const tensor = { name: 't', dimensions: [32], type: 0, offset: 0 };
  it.each<[string, GgufParts, string]>([
    ['another magic', { magic: 'GGML' }, 'does not begin with "GGUF"'],
    ['version 1', { version: 1 }, 'version 1'],
    ['big-endian numbers', { version: 0x03000000 }, 'version 50331648'],
    ['no tensors', { tensors: [] }, 'no tensors'],
    ['data cut short', { dataBytes: 47 }, 'its tensors need'],
    ['an unknown type', { tensors: [{ ...tensor, type: 4 }] }, 'not known'],
    ['half a block', { tensors: [{ ...tensor, type: 8, dimensions: [33] }] }, 'not known'],
    ['an offset between alignments', { tensors: [{ ...tensor, offset: 4 }] }, 'not known'],
    ['an offset outside', { tensors: [{ ...tensor, offset: 2 ** 50 }] }, 'its tensors need'],
    ['too many dimensions', { tensors: [{ ...tensor, dimensions: [1, 1, 1, 1, 1] }] }, '5 dim'],
    ['a huge dimension', { tensors: [{ ...tensor, dimensions: [2 ** 60, 2 ** 60] }] }, 'need'],
    ['a bad alignment', { metadata: { 'general.alignment': 48 } }, 'power of two'],
    [
      'a token that comes twice',
      { metadata: { 'tokenizer.ggml.tokens': ['a', '', '', 'a'] } },
      'token "a" twice',
    ],
    ['a zero alignment', { metadata: { 'general.alignment': 0 } }, 'power of two'],
  ])('refuses %s', async (_, parts, reason) => {
    await expect(readGguf(await fileOf(buildGguf(parts)))).rejects.toThrow(reason);
  });

  it('refuses every beginning of a sound file', async () => {
    const whole = buildGguf();
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        const file = await fileOf(whole.subarray(0, length));
        await expect(readGguf(file)).rejects.toBeInstanceOf(FormatError);
      }),
      { numRuns: 200 },
    );
  });

  it('takes no harm from any bytes in the header', async () => {
    const whole = buildGguf();
    const place = fc.integer({ min: 4, max: whole.length - 49 });
    const change = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        const outcome = await readGguf(await fileOf(bytes)).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(FormatError);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a count that promises more than the file holds, without making room for it', async () => {
    const bytes = buildGguf({ metadata: { a: [1, 2, 3] } });
    const at = bytes.indexOf(Buffer.from([4, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0])) + 4;
    bytes.writeBigUInt64LE(2n ** 61n, at);
    await expect(readGguf(await fileOf(bytes))).rejects.toThrow('cut short');
  });
});

describe('readGgufFacts', () => {
  it('tells what a model is', async () => {
    expect(await readGgufFacts(await fileOf(buildGguf()))).toEqual({
      architecture: 'llama',
      displayName: 'Tiny',
      quantization: 'Q4_K_M',
      parameters: 12,
      contextLength: 2048,
      hasChatTemplate: true,
      hasFillIn: false,
    });
  });

  it('leaves out what the file does not say', async () => {
    const metadata = { 'general.architecture': 'llama', 'general.file_type': 999 };
    const facts = await readGgufFacts(await fileOf(buildGguf({ metadata })));
    expect(facts.displayName).toBeUndefined();
    expect(facts.quantization).toBeUndefined();
    expect(facts.contextLength).toBeUndefined();
    expect(facts.hasChatTemplate).toBe(false);
  });

  it.each<[string, Record<string, number | string[]>, boolean]>([
    [
      'Qwen’s tokens',
      { 'tokenizer.ggml.tokens': ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>'] },
      true,
    ],
    ['CodeLlama’s', { 'tokenizer.ggml.tokens': ['▁<PRE>', '▁<SUF>', '▁<MID>'] }, true],
    [
      'DeepSeek’s',
      { 'tokenizer.ggml.tokens': ['<｜fim▁begin｜>', '<｜fim▁hole｜>', '<｜fim▁end｜>'] },
      true,
    ],
    ['two of three', { 'tokenizer.ggml.tokens': ['<|fim_prefix|>', '<|fim_suffix|>'] }, false],
    [
      'three of three families',
      { 'tokenizer.ggml.tokens': ['<PRE>', '<fim_suffix>', '<|fim_middle|>'] },
      false,
    ],
    [
      'ids of today',
      {
        'tokenizer.ggml.fim_pre_token_id': 1,
        'tokenizer.ggml.fim_suf_token_id': 2,
        'tokenizer.ggml.fim_mid_token_id': 3,
      },
      true,
    ],
    [
      'ids of older files',
      {
        'tokenizer.ggml.prefix_token_id': 1,
        'tokenizer.ggml.suffix_token_id': 2,
        'tokenizer.ggml.middle_token_id': 3,
      },
      true,
    ],
    ['one id', { 'tokenizer.ggml.fim_pre_token_id': 1 }, false],
  ])('knows fill-in by %s', async (_, metadata, hasFillIn) => {
    const bytes = buildGguf({ metadata: { ...soundMetadata, ...metadata } });
    expect((await readGgufFacts(await fileOf(bytes))).hasFillIn).toBe(hasFillIn);
  });

  it.each<[string, Record<string, string | number>, string]>([
    ['no architecture', { 'general.architecture': '' }, 'no architecture'],
    ['an adapter', { 'general.type': 'adapter' }, 'a part for other models (adapter)'],
    ['a projector', { 'general.architecture': 'clip' }, 'a part for other models (clip)'],
    ['one part of several', { 'split.count': 3 }, 'one of 3 parts'],
  ])('refuses %s', async (_, metadata, reason) => {
    const bytes = buildGguf({ metadata: { ...soundMetadata, ...metadata } });
    await expect(readGgufFacts(await fileOf(bytes))).rejects.toThrow(reason);
  });
});
