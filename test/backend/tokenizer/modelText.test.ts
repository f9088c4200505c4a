import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openModelText, type ModelText } from '../../../backend/tokenizer/modelText.ts';
import {
  buildTokenizerThread,
  type TokenizerThreadBuild,
} from '../../support/buildTokenizerThread.ts';
import { makeTinyModel, realTokenizerFolder } from '../../support/tinyModel.ts';
import {
  metaspaceTokenizer,
  sentencePieceTokenizer,
  writeTokenizer,
} from '../../support/tokenizerFolders.ts';
import { namedTexts, randomTexts } from '../../support/tokenizerTexts.ts';

let thread: TokenizerThreadBuild;
let root: string;
beforeAll(async () => {
  thread = await buildTokenizerThread();
  root = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-text-'));
});
afterAll(async () => {
  await thread.remove();
  await rm(root, { recursive: true, force: true });
});

const open = (folder: string): Promise<ModelText> =>
  openModelText(folder, { workerModule: thread.workerModule });

async function roundTrip(text: ModelText, value: string): Promise<string> {
  const pieces = Array.from(await text.encode(value), (token) => text.piece(token));
  return Buffer.concat(pieces).toString();
}

describe('model text of Qwen3', () => {
  let text: ModelText;
  beforeAll(async () => {
    text = await open(realTokenizerFolder());
  });
  afterAll(() => text.close());

  it('gives the tokens that Qwen publishes', async () => {
    expect([...(await text.encode('Hello, world! 你好'))]).toEqual([
      9707, 11, 1879, 0, 220, 108386,
    ]);
  });

  it('gives the bytes of every text back', async () => {
    for (const [name, value] of Object.entries(await namedTexts())) {
      const isKnown = Buffer.from(value).toString().normalize('NFC');
      expect(await roundTrip(text, value), name).toBe(isKnown);
    }
    for (const value of randomTexts(200, 5)) {
      expect(await roundTrip(text, value)).toBe(Buffer.from(value).toString().normalize('NFC'));
    }
  });

  it('encodes a lone surrogate as U+FFFD', async () => {
    expect(await text.encode('a\ud800b')).toEqual(await text.encode('a\ufffdb'));
  });

  it('leaves the text of a special token text, and gives it no bytes', async () => {
    const { specialTokens } = text.metadata;
    expect(specialTokens).toHaveLength(20);
    for (const { id, text: content } of specialTokens) {
      expect(await text.encode(`x${content}y`)).not.toContain(id);
      expect(text.piece(id)).toHaveLength(0);
    }
  });

  it('finds tokens for structure inside an answer, which have bytes', async () => {
    expect([...(await text.encode('<think>'))]).toEqual([151_667]);
    expect(Buffer.from(text.piece(151_667)).toString()).toBe('<think>');
  });

  it('splits a character over several tokens', async () => {
    const tokens = await text.encode('🦥');
    expect(tokens.length).toBeGreaterThan(1);
    expect(Buffer.from(text.piece(tokens[0]!)).toString()).toContain('\ufffd');
  });

  it('tells what prompts need to know', () => {
    const { specialTokens, chatTemplate, name, ...rest } = text.metadata;
    expect(rest).toEqual({
      architecture: '',
      vocabularySize: 151_669,
      trainedContextLength: 0,
      addBos: false,
      eosToken: { id: 151_645, text: '<|im_end|>' },
      endTokens: [151_643, 151_645, 151_662, 151_663, 151_664],
      fillIn: {
        ...{ prefix: 151_659, suffix: 151_661, middle: 151_660 },
        ...{ repository: 151_663, file: 151_664 },
      },
    });
    expect(specialTokens[0]).toEqual({ id: 151_643, text: '<|endoftext|>' });
    expect(chatTemplate).toContain('<|im_start|>');
    expect(name).toBe('models');
  });

  it('lets a short text pass a long one', async () => {
    const order: string[] = [];
    const long = text
      .encode('const naïve = "漢字";\n'.repeat(20_000))
      .then(() => order.push('long'));
    const short = text.encode('short').then(() => order.push('short'));
    await Promise.all([long, short]);
    expect(order).toEqual(['short', 'long']);
  });

  it.each([-1, 0.5, NaN, 151_669, 2 ** 31])('has no token %d', (token) => {
    expect(() => text.piece(token)).toThrow(RangeError);
  });
});

describe('model text of characters', () => {
  it('falls back to bytes, behind the space that the model begins with', async () => {
    const folder = path.join(root, 'sentence-piece');
    await writeTokenizer(folder, sentencePieceTokenizer());
    const text = await open(folder);
    for (const value of ['the return', '中文 🙂\r\n', '<s>\0', '    x', '<0x0A>']) {
      expect(await roundTrip(text, value)).toBe(` ${value}`);
    }
    expect(text.piece(3 + 0xff)).toEqual(Uint8Array.of(0xff));
    expect(text.metadata.endTokens).toEqual([2]);
    for (const id of [0, 1, 2]) expect(text.piece(id)).toHaveLength(0);
    await text.close();
  });

  it('shows spaces where the vocabulary has a mark', async () => {
    const folder = path.join(root, 'metaspace');
    await writeTokenizer(folder, metaspaceTokenizer());
    const text = await open(folder);
    expect(await roundTrip(text, 'the return')).toBe(' the return');
    await text.close();
  });
});

describe('model text: the end', () => {
  it('rejects what is on its way, and what comes later', async () => {
    const { folder } = await makeTinyModel(path.join(root, 'tiny'));
    const text = await open(folder);
    const waiting = expect(text.encode('x'.repeat(100_000))).rejects.toMatchObject({
      code: 'lost',
    });
    await text.close();
    await waiting;
    await expect(text.encode('x')).rejects.toMatchObject({ code: 'lost' });
    await text.close();
  });

  it('says when its program is missing', async () => {
    const missing = { workerModule: new URL('none.mjs', thread.workerModule) };
    const opening = openModelText(realTokenizerFolder(), missing);
    await expect(opening).rejects.toMatchObject({
      name: 'DeviceError',
      code: 'tokenizerFailed',
    });
  });
});

describe('model text: bad input', () => {
  const model = { vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] };
  const pre_tokenizer = { type: 'Whitespace' };
  const regex = { type: 'Split', pattern: { Regex: '(' }, behavior: 'Isolated' };

  it.each([
    ['is no JSON', '{', 'invalidModel', /tokenizer\.json is damaged/],
    ['has no model', {}, 'invalidModel', /model/],
    ['is a list', [], 'invalidModel', /damaged/],
    [
      'has a vocabulary of texts',
      { model: { ...model, vocab: { a: 'b' } } },
      'invalidModel',
      /vocab\.a/,
    ],
    [
      'has ids beyond all bounds',
      { model: { ...model, vocab: { a: 2 ** 40 } } },
      'invalidModel',
      /vocab\.a/,
    ],
    [
      'has negative ids',
      { added_tokens: [{ id: -1, content: 'a' }], model },
      'invalidModel',
      /added_tokens/,
    ],
    [
      'joins strangers',
      { model: { ...model, merges: ['a c'] } },
      'invalidModel',
      /the merge "a c"/,
    ],
    ['joins three', { model: { ...model, merges: ['a b c'] } }, 'invalidModel', /the merge/],
    ['has a damaged pattern', { model, pre_tokenizer: regex }, 'invalidModel', /damaged/],
    ['is of another kind', { model: { type: 'Unigram' } }, 'unsupportedModel', /Unigram/],
    ['cuts in another way', { model, pre_tokenizer }, 'unsupportedModel', /pre_tokenizer/],
    [
      'has suffixes',
      { model: { ...model, end_of_word_suffix: '</w>' } },
      'unsupportedModel',
      /suffix/,
    ],
  ])('says that tokenizer.json %s', async (name, content, code, reason) => {
    const folder = path.join(root, name);
    await mkdir(folder, { recursive: true });
    const value = typeof content === 'string' ? content : JSON.stringify(content);
    await writeFile(path.join(folder, 'tokenizer.json'), value);
    const opening = open(folder);
    await expect(opening).rejects.toMatchObject({ name: 'DeviceError', code });
    await expect(opening).rejects.toThrow(reason);
  });

  it('says that there is no tokenizer.json', async () => {
    const opening = open(path.join(root, 'nothing'));
    await expect(opening).rejects.toMatchObject({ code: 'invalidModel' });
    await expect(opening).rejects.toThrow(/nothing\/tokenizer\.json is missing/);
  });

  it('reads no file of any size', async () => {
    const file = await writeTokenizer(path.join(root, 'huge'), {});
    await truncate(file, 2 ** 31);
    await expect(open(path.dirname(file))).rejects.toThrow(/has 2147483648 bytes/);
  });
});
