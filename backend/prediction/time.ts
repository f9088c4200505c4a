/**
 * Time on a BM1684X from the bytes it moves and the operations it does. The rates are fitted to the
 * compiler's own time model (the cycles it gives each command at 1 GHz, tpu-mlir 1.30.2) and to the
 * figures that Sophgo publishes for Qwen models (sophon-demo, sample/Qwen, SE7-32).
 */
import type { Range } from '../protocol/prediction.ts';
import type { Build } from './build.ts';
import { kvBytesPerToken, layerWeightBytes, tableBytes } from './memory.ts';
import { layerParameters, queryWidth, type ModelShape } from './modelShape.ts';

/** What Sophgo's own analysis counts with, in bytes a second. */
export const NOMINAL_BANDWIDTH = 64e9;

/** Bytes a second. In the time model each holds within 7 % for 1 to 32 slots and 4 or 8 bits. */
const bandwidth = {
  weights: 53.5e9,
  /** Rows of a KV cache are short, so reading them takes longer. */
  kv: 38e9,
  outputHead: 44.4e9,
  /** One launch for all slots. */
  batchedHead: 51e9,
} as const;

/** Operations a second at 1 GHz, where the unit's peak at 16 bits is 16e12. */
const operations = { matrices: 9.6e12, attention: 4.8e12 } as const;

/** From the driver to the chip and back, for each net. Not measured; a slow host takes longer. */
const LAUNCH_SECONDS = 1e-4;

/** How far published figures lie from what these rates give, and a little more. */
const decodeSpread = { low: 0.85, high: 1.35 };
const prefillSpread = { low: 0.8, high: 1.3 };

export interface Step {
  readonly milliseconds: Range;
  /** Of the nominal bandwidth, in the expected time. */
  readonly memoryShare: number;
}

/** One token for each slot, with a KV cache of that many tokens each. */
export function decodeStep(
  shape: ModelShape,
  build: Build,
  kvLength: number,
  clockMHz = 1000,
): Step {
  const { devices } = build;
  const weights = layerWeightBytes(shape, build) / devices;
  const kv = (kvBytesPerToken(shape) * kvLength * build.slots) / devices;
  const head = tableBytes(shape) / devices;
  const seconds =
    Math.max(
      weights / bandwidth.weights,
      matrixSeconds(shape, build.slots) / devices / (clockMHz / 1000),
    ) +
    kv / bandwidth.kv +
    head / (build.slots > 1 ? bandwidth.batchedHead : bandwidth.outputHead) +
    launches(shape);
  return {
    milliseconds: spread(seconds, decodeSpread),
    memoryShare: (weights + kv + head) / NOMINAL_BANDWIDTH / seconds,
  };
}

/** From the first launch to the first token, with nothing of the prompt in the KV cache. */
export function firstToken(
  shape: ModelShape,
  build: Build,
  promptTokens: number,
  clockMHz: number,
): Range {
  let seconds = tableBytes(shape) / bandwidth.outputHead / build.devices;
  for (let from = 0; from < promptTokens; from += build.chunkLength) {
    const left = Math.min(promptTokens - from, build.chunkLength);
    const tokens = build.prefill === 'static' ? build.chunkLength : left;
    const { devices } = build;
    seconds += chunkSeconds(shape, build, { tokens, from }, clockMHz) / devices + launches(shape);
  }
  return spread(seconds, prefillSpread);
}

interface Chunk {
  readonly tokens: number;
  /** Tokens before it, whose KV it reads. */
  readonly from: number;
}

export function chunkSeconds(
  shape: ModelShape,
  build: Build,
  { tokens, from }: Chunk,
  clockMHz: number,
): number {
  const weights = layerWeightBytes(shape, build) / bandwidth.weights;
  const speed = clockMHz / 1000;
  // Two products, each over all pairs of tokens: the mask hides half of them, but saves no time.
  const pairs = 4 * tokens * (from + tokens) * queryWidth(shape) * shape.layers;
  return (
    Math.max(weights, matrixSeconds(shape, tokens) / speed) +
    pairs / operations.attention / speed +
    (kvBytesPerToken(shape) * from) / bandwidth.kv
  );
}

/** A multiplication and an addition for each weight and token. */
function matrixSeconds(shape: ModelShape, tokens: number): number {
  return (2 * layerParameters(shape) * shape.layers * tokens) / operations.matrices;
}

/** Embedding, layers and head are a net each. */
function launches({ layers }: ModelShape): number {
  return (layers + 2) * LAUNCH_SECONDS;
}

export function spread(seconds: number, { low, high }: { low: number; high: number }): Range {
  const expected = seconds * 1000;
  return { low: expected * low, expected, high: expected * high };
}
