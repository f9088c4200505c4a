/** Device memory of a compiled model, part by part, as the nets of the compiler divide it. */
import type { FigureMethod, MemoryPart, Range } from '../protocol/prediction.ts';
import { bytesPerWeight, decodeLengths, HALF_BYTES, layerKinds, type Build } from './build.ts';
import { placeBlocks, type Heap } from './heaps.ts';
import { layerConstantBytes, layerIoBytes } from './layerMemory.ts';
import {
  kvWidth,
  layerParameters,
  queryWidth,
  tableParameters,
  type ModelShape,
} from './modelShape.ts';

export type Bound = keyof Range;

/** One part in equal blocks of memory, each of which needs a place of its own. Sizes in bytes. */
export interface Blocks {
  readonly name: MemoryPart['name'];
  readonly count: number;
  readonly block: Range;
  readonly method: FigureMethod;
}

/**
 * Commands of a layer's static nets, for each slot and length: some, and more for larger matrices.
 * tpu-mlir 1.30.2 makes 3.4 MB for 8 slots of Qwen3-8B, and 93 kB for one of SmolLM2-135M.
 */
const COMMAND_BYTES = 100_000;
const COMMAND_BYTES_PER_WEIGHT = 0.0017;
/** Of a chunk's tensors, what lives at once: 0.72 to 0.75 in three models that it compiled. */
const LIVE_SHARE = 0.74;
/** libbm1684x_kernel_module.so of tpu-mlir 1.30.2, for the chip's own processor. */
const KERNEL_BYTES = 5_598_792;

const method = 'estimated';

/** KV of one token in all layers, in bytes. */
export function kvBytesPerToken(shape: ModelShape): number {
  return shape.layers * 2 * kvWidth(shape) * HALF_BYTES;
}

/** Matrices of all layers, in bytes, with their scales. */
export function layerWeightBytes(shape: ModelShape, build: Build): number {
  return layerKinds(shape, build).reduce(
    (sum, { count, build: kind }) => sum + count * layerParameters(shape) * bytesPerWeight(kind),
    0,
  );
}

/** The embedding or the output head, which stay at 16 bits whatever the quantization. */
export function tableBytes(shape: ModelShape): number {
  return tableParameters(shape) * HALF_BYTES;
}

/** Of one chip. */
export function memoryBlocks(shape: ModelShape, build: Build): Blocks[] {
  const { layers } = shape;
  const commands = COMMAND_BYTES + COMMAND_BYTES_PER_WEIGHT * layerParameters(shape);
  const copies = build.slots * decodeLengths(build).length;
  return [
    ...layerBlocks(shape, build),
    ...tables(shape, build),
    { name: 'kvCache', count: layers, block: exactly(layerIoBytes(shape, build)), method },
    {
      name: 'activations',
      count: 1,
      block: around(activationBytes(shape, build), 0.8, 1.5),
      method,
    },
    { name: 'instructions', count: layers, block: around(commands * copies, 0.3, 2), method },
    { name: 'kernel', count: 1, block: exactly(KERNEL_BYTES), method },
  ];
}

/** Those with the weights that were asked for, then those that keep 16 bits. */
function layerBlocks(shape: ModelShape, build: Build): Blocks[] {
  return layerKinds(shape, build).map(({ count, build: kind }) => ({
    name: 'layers',
    count,
    block: exactly(layerConstantBytes(shape, kind)),
    method,
  }));
}

/** A tied head has the embedding's bytes, so both are stored once. */
function tables(shape: ModelShape, build: Build): Blocks[] {
  const { devices } = build;
  const table = tableBytes(shape);
  const isShared = shape.isTied && !build.isEmbeddingOnDisk && devices === 1;
  const head = isShared ? 0 : table / devices;
  const outputHead: Blocks = { name: 'outputHead', count: 1, block: exactly(head), method };
  if (build.isEmbeddingOnDisk) return [outputHead];
  return [{ name: 'embedding', count: 1, block: exactly(table), method }, outputHead];
}

/**
 * The largest net's inputs, outputs and intermediates: a prefill chunk's, with the KV cache it
 * reads, or the logits. An estimate: the compiler reuses addresses in ways it does not publish.
 */
function activationBytes(shape: ModelShape, build: Build): number {
  const { hiddenSize, innerSize, vocabulary } = shape;
  const { chunkLength, sequenceLength } = build;
  const widths = 4 * hiddenSize + 2 * queryWidth(shape) + 2 * kvWidth(shape) + 3 * innerSize;
  const mask = chunkLength * sequenceLength;
  const history = build.hasPrefixReuse ? 2 * sequenceLength * kvWidth(shape) : 0;
  const prefill = LIVE_SHARE * (chunkLength * widths + mask + history) * HALF_BYTES;
  return Math.max(prefill, 2 * vocabulary * build.slots * Float32Array.BYTES_PER_ELEMENT);
}

export function totalBytes(blocks: readonly Blocks[], bound: Bound): number {
  return blocks.reduce((sum, { count, block }) => sum + count * block[bound], 0);
}

export function place(blocks: readonly Blocks[], bound: Bound, heaps: readonly Heap[]) {
  const all = blocks.flatMap(({ count, block }) => Array<number>(count).fill(block[bound]));
  return placeBlocks(all, heaps);
}

export function exactly(value: number): Range {
  return { low: value, expected: value, high: value };
}

function around(value: number, low: number, high: number): Range {
  return { low: value * low, expected: value, high: value * high };
}
