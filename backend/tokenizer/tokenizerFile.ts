/** What is used of tokenizer.json, as the library tokenizers of Hugging Face writes it. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { DeviceError } from '../devices/device.ts';

/** The largest vocabularies known, of 262,144 tokens, take 35 MB. */
const LARGEST_BYTES = 128 * 2 ** 20;
/** Tokens and merges; ids beyond it would make tables of any size. */
const LARGEST_ID = 4_000_000;

const TokenId = z.int().min(0).max(LARGEST_ID);

const Pattern = z.union([z.object({ String: z.string() }), z.object({ Regex: z.string() })]);
export type Pattern = z.infer<typeof Pattern>;

/** Of the types that are known; another one is `unsupportedModel`, not a damaged file. */
const Other = z.object({ type: z.string() });

export const Normalizer = z.union([
  z.object({ type: z.enum(['NFC', 'NFD', 'NFKC', 'NFKD']) }),
  z.object({ type: z.literal('Prepend'), prepend: z.string() }),
  z.object({ type: z.literal('Replace'), pattern: Pattern, content: z.string() }),
  z.object({
    type: z.literal('Sequence'),
    get normalizers() {
      return z.array(Normalizer);
    },
  }),
]);
export type Normalizer = z.infer<typeof Normalizer>;

export const PreTokenizer = z.union([
  z.object({
    type: z.literal('Split'),
    pattern: Pattern,
    behavior: z.enum(['Isolated', 'Removed', 'MergedWithPrevious', 'MergedWithNext', 'Contiguous']),
    invert: z.boolean().default(false),
  }),
  z.object({ type: z.literal('Digits'), individual_digits: z.boolean().default(false) }),
  z.object({
    type: z.literal('ByteLevel'),
    add_prefix_space: z.boolean().default(true),
    use_regex: z.boolean().default(true),
  }),
  z.object({
    type: z.literal('Metaspace'),
    replacement: z.string().default('▁'),
    prepend_scheme: z.enum(['always', 'first', 'never']).default('always'),
    split: z.boolean().default(true),
  }),
  z.object({
    type: z.literal('Sequence'),
    get pretokenizers() {
      return z.array(PreTokenizer);
    },
  }),
]);
export type PreTokenizer = z.infer<typeof PreTokenizer>;

export const Decoder = z.union([
  z.object({ type: z.enum(['ByteLevel', 'ByteFallback', 'Fuse', 'Strip']) }),
  z.object({ type: z.literal('Replace'), pattern: Pattern, content: z.string() }),
  z.object({ type: z.literal('Metaspace'), replacement: z.string().default('▁') }),
  z.object({
    type: z.literal('Sequence'),
    get decoders() {
      return z.array(Decoder);
    },
  }),
]);
export type Decoder = z.infer<typeof Decoder>;

const AddedToken = z.object({
  id: TokenId,
  content: z.string().min(1),
  special: z.boolean().default(false),
  normalized: z.boolean().default(false),
  single_word: z.boolean().default(false),
  lstrip: z.boolean().default(false),
  rstrip: z.boolean().default(false),
});
export type AddedToken = z.infer<typeof AddedToken>;

const BpeModel = z.object({
  type: z.literal('BPE').optional(),
  dropout: z.number().nullish(),
  unk_token: z.string().nullish(),
  continuing_subword_prefix: z.string().nullish(),
  end_of_word_suffix: z.string().nullish(),
  fuse_unk: z.boolean().nullish(),
  byte_fallback: z.boolean().nullish(),
  ignore_merges: z.boolean().nullish(),
  vocab: z.record(z.string(), TokenId),
  merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])).max(LARGEST_ID),
});
export type BpeModel = z.infer<typeof BpeModel>;

const PostProcessor = z.looseObject({ type: z.string() });

const TokenizerFile = z.object({
  added_tokens: z.array(AddedToken).max(LARGEST_ID).default([]),
  normalizer: Other.loose().nullish(),
  pre_tokenizer: Other.loose().nullish(),
  post_processor: PostProcessor.nullish(),
  decoder: Other.loose().nullish(),
  model: BpeModel,
});

export interface TokenizerFile extends Omit<
  z.infer<typeof TokenizerFile>,
  'normalizer' | 'pre_tokenizer' | 'decoder'
> {
  readonly normalizer: Normalizer | undefined;
  readonly preTokenizer: PreTokenizer | undefined;
  readonly decoder: Decoder | undefined;
}

/** @throws DeviceError invalidModel, unsupportedModel */
export async function readTokenizerFile(folder: string): Promise<TokenizerFile> {
  const file = path.join(folder, 'tokenizer.json');
  const value = await readJson(file);
  if (value === undefined) {
    throw new DeviceError('invalidModel', `The model has no tokenizer: ${file} is missing.`);
  }
  return parseTokenizer(value, file);
}

/** @param file what errors name */
export function parseTokenizer(value: unknown, file: string): TokenizerFile {
  const Kind = z.object({ model: z.object({ type: z.string().optional() }) });
  const kind = Kind.safeParse(value).data?.model.type ?? 'BPE';
  if (kind !== 'BPE') {
    throw unsupported(file, `its model is of type ${kind}, and only BPE is supported`);
  }
  const { pre_tokenizer, ...parsed } = check(TokenizerFile, value, file);
  const part = <S extends z.ZodType>(schema: S, given: unknown, name: string) => {
    if (given === null || given === undefined) return undefined;
    const { data } = schema.safeParse(given);
    if (data !== undefined) return data;
    throw unsupported(file, `its ${name} is of a type that is not supported`);
  };
  const { dropout, continuing_subword_prefix, end_of_word_suffix } = parsed.model;
  if (dropout || continuing_subword_prefix || end_of_word_suffix) {
    throw unsupported(file, 'its model has dropout, a prefix or a suffix');
  }
  return {
    ...parsed,
    normalizer: part(Normalizer, parsed.normalizer, 'normalizer'),
    preTokenizer: part(PreTokenizer, pre_tokenizer, 'pre_tokenizer'),
    decoder: part(Decoder, parsed.decoder, 'decoder'),
  };
}

/** The file's JSON, undefined when there is none. */
export async function readJson(file: string): Promise<unknown> {
  const size = await stat(file).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined) return undefined;
  if (size > LARGEST_BYTES) {
    throw new DeviceError(
      'invalidModel',
      `${file} has ${size} bytes; at most ${LARGEST_BYTES} are read.`,
    );
  }
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    throw damaged(file, error instanceof Error ? error.message : String(error));
  }
}

/** @throws DeviceError invalidModel, naming the file and the first thing wrong with it */
export function check<S extends z.ZodType>(schema: S, value: unknown, file: string): z.output<S> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  const [issue] = error.issues;
  throw damaged(file, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

export function damaged(file: string, reason: string): DeviceError {
  return new DeviceError('invalidModel', `${file} is damaged (${reason}).`);
}

export function unsupported(file: string, reason: string): DeviceError {
  return new DeviceError('unsupportedModel', `${file} cannot be used: ${reason}.`);
}
