/**
 * What one layer keeps on the device: its constants, which all nets of the layer share, and the
 * inputs of its decode net, where the KV cache lives. Every tensor begins on a page. For a small
 * Qwen3 this gives what tpu-mlir 1.30.2 makes, to the byte.
 */
import { HALF_BYTES, weightBits, ZERO_POINT_BYTES, type Build } from './build.ts';
import { kvWidth, layerMatrices, queryWidth, type ModelShape } from './modelShape.ts';

const PAGE_BYTES = 4096;
/** Dynamic prefill masks in tiles of 256 by 256, kept as 32-bit floats. */
const TILE_BYTES = 256 * 256 * 4;

/** Chips share the matrices. */
export function layerConstantBytes(shape: ModelShape, build: Build): number {
  const weights = layerMatrices(shape).reduce(
    (sum, elements) => sum + matrixBytes(elements / build.devices, build),
    0,
  );
  const vectors = vectorWidths(shape).reduce((sum, width) => sum + pages(width * HALF_BYTES), 0);
  // Sines and cosines of every position.
  const rotary = 2 * pages(build.sequenceLength * shape.headSize * HALF_BYTES);
  return weights + vectors + rotary + (build.prefill === 'dynamic' ? TILE_BYTES : 0);
}

/** Chips share the KV heads. */
export function layerIoBytes(shape: ModelShape, build: Build): number {
  const { slots, sequenceLength, devices } = build;
  // One row more than the sequence has, where a step writes the token that it computes.
  const rows = sequenceLength + 1;
  const cache = 2 * slots * pages((rows * kvWidth(shape) * HALF_BYTES) / devices);
  const states = 2 * pages(slots * shape.hiddenSize * HALF_BYTES);
  const mask = pages(slots * rows * HALF_BYTES);
  const positions = pages(slots * Int32Array.BYTES_PER_ELEMENT);
  return cache + states + mask + positions;
}

function matrixBytes(elements: number, { quantization, groupSize, isSymmetric }: Build): number {
  const bits = weightBits(quantization);
  const weights = pages((elements * bits) / 8);
  if (bits === 16) return weights;
  const groups = elements / groupSize;
  const zeroPoints = isSymmetric ? 0 : pages(groups * ZERO_POINT_BYTES);
  return weights + pages(groups * HALF_BYTES) + zeroPoints;
}

/** Norms, and what an architecture has besides. */
function vectorWidths(shape: ModelShape): number[] {
  const { architecture, hiddenSize, headSize } = shape;
  const norms = [hiddenSize, hiddenSize];
  switch (architecture) {
    case 'qwen3':
      return [...norms, headSize, headSize];
    case 'qwen2':
      return [...norms, queryWidth(shape), kvWidth(shape), kvWidth(shape)];
    case 'llama':
      return norms;
  }
}

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
