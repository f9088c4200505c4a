/** Model folders that hold no more than a tokenizer of some kind. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { realTokenizerFolder } from './tinyModel.ts';

export type TokenizerJson = Record<string, unknown> & {
  added_tokens: object[];
  model: Record<string, unknown> & { vocab: Record<string, number>; merges: unknown[] };
};

/** Of Qwen3. */
export async function realTokenizer(): Promise<TokenizerJson> {
  const file = path.join(realTokenizerFolder(), 'tokenizer.json');
  return JSON.parse(await readFile(file, 'utf8')) as TokenizerJson;
}

const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };

/** How other families cut text, with Qwen3's vocabulary. */
export const otherRules: Record<string, (real: TokenizerJson) => object> = {
  'of Llama 3': (real) => ({
    ...real,
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: {
            Regex: String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
          },
          behavior: 'Isolated',
          invert: false,
        },
        bytes,
      ],
    },
    model: { ...real.model, ignore_merges: true },
  }),
  'of GPT-2, with a first space': (real) => ({
    ...real,
    normalizer: null,
    pre_tokenizer: { ...bytes, add_prefix_space: true, use_regex: true },
  }),
  'of SmolLM': (real) => ({
    ...real,
    normalizer: null,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { ...bytes, use_regex: true },
      ],
    },
  }),
  'that join matches with their neighbours': (real) => ({
    ...real,
    normalizer: { type: 'NFKC' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: String.raw`\p{P}` },
          behavior: 'MergedWithNext',
          invert: false,
        },
        { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
        { type: 'Split', pattern: { Regex: '[0-9]' }, behavior: 'Contiguous', invert: false },
        {
          type: 'Split',
          pattern: { Regex: String.raw`\p{Sc}` },
          behavior: 'Removed',
          invert: false,
        },
        { type: 'Digits', individual_digits: false },
        bytes,
      ],
    },
    added_tokens: [
      ...real.added_tokens,
      ...[' return', 'esbuild', 'esbuil'].map((content, n) => ({
        ...{ id: 151_669 + n, content, special: false, normalized: n > 0 },
        ...{ single_word: n > 0, lstrip: n === 0, rstrip: n === 0 },
      })),
    ],
  }),
};

/** Characters with bytes to fall back to, as SentencePiece makes them: small, and written by hand. */
export function sentencePieceTokenizer(): TokenizerJson {
  const texts = ['<unk>', '<s>', '</s>'];
  for (let byte = 0; byte < 256; byte++) {
    texts.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  }
  texts.push('▁', ...Array.from('abcdefghijklmnopqrstuvwxyz.,中文字'));
  const merges: [string, string][] = [];
  const join = (left: string, right: string): void => {
    merges.push([left, right]);
    if (!texts.includes(left + right)) texts.push(left + right);
  };
  for (const word of ['▁the', '▁return', '▁▁▁▁', 'ing', 'th', '▁a', '中文']) {
    const [first = '', ...rest] = Array.from(word);
    rest.reduce((left, right) => (join(left, right), left + right), first);
  }
  return {
    version: '1.0',
    added_tokens: ['<unk>', '<s>', '</s>'].map((content, id) => ({
      ...{ id, content, special: true, normalized: false },
      ...{ single_word: false, lstrip: false, rstrip: false },
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      ...{ dropout: null, unk_token: '<unk>', continuing_subword_prefix: null },
      ...{ end_of_word_suffix: null, fuse_unk: true, byte_fallback: true, ignore_merges: false },
      vocab: Object.fromEntries(texts.map((text, id) => [text, id])),
      merges,
    },
  };
}

/** The same text, without a normalizer, by Metaspace; of unknown characters nothing is left. */
export function metaspaceTokenizer(): TokenizerJson {
  const { model, ...rest } = sentencePieceTokenizer();
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true };
  return {
    ...rest,
    normalizer: null,
    pre_tokenizer: metaspace,
    decoder: metaspace,
    model: { ...model, byte_fallback: false },
  };
}

export async function writeTokenizer(folder: string, tokenizer: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'tokenizer.json');
  await writeFile(file, JSON.stringify(tokenizer));
  return file;
}
