/** Predicts what a GGUF model needs of host memory, before any of it is taken. */
import type { GgufHeader } from '../formats/gguf.ts';
import { DeviceError, type LoadOptions } from './device.ts';

/** What a context is made with. Lengths in tokens, sizes in bytes. */
export interface CpuShape {
  readonly kvTokens: number;
  readonly contextLength: number;
  /** KV of one token in all layers. */
  readonly bytesPerToken: number;
  /** Predicted: weights, KV cache and compute buffers together. */
  readonly neededBytes: number;
}

/** Tokens that go through the network at once. */
export const MICRO_BATCH = 256;
/** Enough for two long conversations, or for many short ones that share their beginning. */
const DEFAULT_KV_TOKENS = 16_384;
/** Below this a context is of no use; it is what is asked for when memory is short. */
const LEAST_KV_TOKENS = 2048;
/** llama.cpp rounds a context up to this. */
const KV_STEP = 256;
const F16_BYTES = 2;
const F32_BYTES = 4;
/** Left for everything else on the machine. */
const SHARE_OF_AVAILABLE = 0.9;

/**
 * Choose the size of the KV cache: what was asked for, or as much of it as fits.
 * @param fileBytes size of the GGUF file: its weights
 * @throws DeviceError noMemory, when not even the least context fits
 */
export function planMemory(
  header: Pick<GgufHeader, 'metadata'>,
  fileBytes: number,
  options: Pick<LoadOptions, 'slots' | 'kvTokens' | 'contextLength'>,
  availableBytes: number,
): CpuShape {
  const number = numberReader(header.metadata);
  const trained = number('context_length') ?? LEAST_KV_TOKENS;
  const wanted = options.kvTokens ?? Math.min(DEFAULT_KV_TOKENS, trained * options.slots);
  const fixed = fileBytes + computeBytes(number, options.slots);
  const bytesPerToken = kvBytesPerToken(number);
  const perToken = bytesPerToken + maskBytesPerToken;
  const usable = availableBytes * SHARE_OF_AVAILABLE;

  const fitting = Math.floor((usable - fixed) / perToken / KV_STEP) * KV_STEP;
  const kvTokens = Math.min(wanted, fitting);
  const least = Math.min(wanted, LEAST_KV_TOKENS);
  if (kvTokens < least) {
    const neededBytes = fixed + least * perToken;
    throw new DeviceError(
      'noMemory',
      `The model needs ${megabytes(neededBytes)} of host memory; ${megabytes(usable)} can be used.`,
      { heap: 'host memory', neededBytes, availableBytes: Math.floor(usable) },
    );
  }
  return {
    kvTokens,
    contextLength: Math.min(options.contextLength ?? trained, trained, kvTokens),
    bytesPerToken,
    neededBytes: fixed + kvTokens * perToken,
  };
}

/** Reads a number of the model's architecture; arrays, one value a layer, read as absent. */
type NumberReader = (key: string) => number | undefined;

function numberReader(metadata: GgufHeader['metadata']): NumberReader {
  const architecture = String(metadata.get('general.architecture'));
  return (key) => {
    const value = metadata.get(`${architecture}.${key}`);
    return typeof value === 'number' && value > 0 ? value : undefined;
  };
}

/** Keys and values of all layers, in f16. */
function kvBytesPerToken(number: NumberReader): number {
  const heads = number('attention.head_count') ?? 1;
  const kvHeads = number('attention.head_count_kv') ?? heads;
  const headSize = (number('embedding_length') ?? 0) / heads;
  const key = number('attention.key_length') ?? headSize;
  const value = number('attention.value_length') ?? headSize;
  return (number('block_count') ?? 0) * kvHeads * (key + value) * F16_BYTES;
}

/** The attention mask has a row for each token of a micro-batch, in f32 and in f16. */
const maskBytesPerToken = MICRO_BATCH * (F32_BYTES + F16_BYTES);

/** Activations of one micro-batch and the logits of all slots, twice: in the graph and outside. */
function computeBytes(number: NumberReader, slots: number): number {
  const width = number('embedding_length') ?? 0;
  const inner = number('feed_forward_length') ?? 4 * width;
  const vocabulary = number('vocab_size') ?? 0;
  return MICRO_BATCH * (6 * width + 3 * inner) * F32_BYTES + 2 * slots * vocabulary * F32_BYTES;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
