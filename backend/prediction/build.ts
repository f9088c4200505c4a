/** The compiler's options that memory and time depend on, and what they cost a weight. */
import type { CardQuantization } from '../protocol/prediction.ts';
import { queryWidth, type ModelShape } from './modelShape.ts';

export interface Build {
  readonly quantization: CardQuantization;
  /** Weights that share a scale. */
  readonly groupSize: number;
  readonly isSymmetric: boolean;
  readonly sequenceLength: number;
  /** Tokens that go through the network at once. */
  readonly chunkLength: number;
  /** Static: every prompt is computed as if it had `chunkLength` tokens. */
  readonly prefill: 'static' | 'dynamic';
  /** Sequences that decode in one step, each with a KV cache of its own. */
  readonly slots: number;
  readonly isEmbeddingOnDisk: boolean;
}

export type BuildOptions = { readonly [K in keyof Build]?: Build[K] | undefined };

/** What people ask of it cannot be built; the message says why. */
export class BuildError extends Error {
  override readonly name = 'BuildError';
}

const DEFAULT_SEQUENCE = 2048;
export const DEFAULT_GROUP = 64;
/** Bytes of arithmetic, and of a 16-bit scale. */
export const HALF_BYTES = 2;
export const ZERO_POINT_BYTES = 1;

/** @throws BuildError when an option does not go with the model */
export function chooseBuild(shape: ModelShape, options: BuildOptions = {}): Build {
  const { contextLength } = shape;
  const sequenceLength = options.sequenceLength ?? Math.min(DEFAULT_SEQUENCE, contextLength);
  if (sequenceLength > contextLength) {
    throw new BuildError(
      `the sequence length ${sequenceLength} is beyond the ${contextLength} tokens of the model`,
    );
  }
  const prefill = options.prefill ?? 'dynamic';
  // The compiler's own default for chunks with prefix reuse.
  const chunk = prefill === 'static' ? sequenceLength : Math.ceil(sequenceLength / 4);
  const build = {
    quantization: options.quantization ?? 'w8bf16',
    groupSize: options.groupSize ?? shape.groupSize ?? DEFAULT_GROUP,
    isSymmetric: options.isSymmetric ?? false,
    sequenceLength,
    chunkLength: Math.min(options.chunkLength ?? chunk, sequenceLength),
    prefill,
    slots: options.slots ?? 1,
    isEmbeddingOnDisk: options.isEmbeddingOnDisk ?? false,
  };
  checkGroups(shape, build);
  return build;
}

function checkGroups(shape: ModelShape, build: Build): void {
  if (weightBits(build.quantization) === 16) return;
  // Each is the length of a matrix's rows, along which weights share scales.
  for (const width of [shape.hiddenSize, queryWidth(shape), shape.innerSize]) {
    if (width % build.groupSize !== 0) {
      throw new BuildError(`the group size ${build.groupSize} does not divide the width ${width}`);
    }
  }
}

export function weightBits(quantization: CardQuantization): 4 | 8 | 16 {
  switch (quantization) {
    case 'w4bf16':
    case 'w4f16':
      return 4;
    case 'w8bf16':
    case 'w8f16':
      return 8;
    case 'bf16':
    case 'f16':
      return 16;
  }
}

/** Bytes of one weight of a layer: its bits, and its share of the group's scale and zero point. */
export function bytesPerWeight({
  quantization,
  groupSize,
  isSymmetric,
}: Pick<Build, 'quantization' | 'groupSize' | 'isSymmetric'>): number {
  const bits = weightBits(quantization);
  if (bits === 16) return HALF_BYTES;
  return bits / 8 + (HALF_BYTES + (isSymmetric ? 0 : ZERO_POINT_BYTES)) / groupSize;
}

/** Lengths of KV cache that decode is compiled for: those of 1, 2, 4 ... chunks, and the whole. */
export function decodeLengths({ prefill, chunkLength, sequenceLength }: Build): number[] {
  const lengths: number[] = [];
  if (prefill === 'dynamic') {
    for (let length = chunkLength; length < sequenceLength; length *= 2) lengths.push(length);
  }
  return [...lengths, sequenceLength];
}
