/** The compiler's options that memory and time depend on, and what they cost a weight. */
import type { ConversionOptions } from '../protocol/conversion.ts';
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
  /** The KV cache of earlier chunks and prompts is read, so that a prompt may have several chunks. */
  readonly hasPrefixReuse: boolean;
  /** The shortest KV cache that decode is compiled for; the sequence length when that is the only one. */
  readonly shortestDecode: number;
  /** Static: every prompt is computed as if it had `chunkLength` tokens. */
  readonly prefill: 'static' | 'dynamic';
  /** Sequences that decode in one step, each with a KV cache of its own. */
  readonly slots: number;
  readonly isEmbeddingOnDisk: boolean;
  /** Chips that share one copy of the weights. */
  readonly devices: number;
  /** Layers whose weights stay in 16 bits. */
  readonly highLayers: number;
}

/** What is absent follows from the model. */
export type BuildOptions = {
  readonly [K in keyof Omit<Build, 'shortestDecode'>]?: Build[K] | undefined;
} & {
  /** The longest prompt; only without prefix reuse. */
  readonly maxInputLength?: number | undefined;
};

/** What a conversion is asked for, as far as memory and time depend on it. */
export function buildOptionsOf(asked: ConversionOptions | undefined): BuildOptions {
  if (!asked) return {};
  const { keepHigh, ...options } = asked;
  return { ...options, highLayers: new Set(keepHigh).size };
}

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
  const [problem] = buildProblems(shape, options);
  if (problem !== undefined) throw new BuildError(problem);
  return withDefaults(shape, options);
}

/** A sentence part for each option that does not go with the model; empty when all do. */
export function buildProblems(shape: ModelShape, options: BuildOptions): string[] {
  const { chunkLength, maxInputLength } = options;
  const build = withDefaults(shape, options);
  const { sequenceLength, groupSize, hasPrefixReuse } = build;
  const problems: string[] = [];
  if (sequenceLength > shape.contextLength) {
    problems.push(
      `the sequence length ${sequenceLength} is beyond the ${shape.contextLength} tokens of the model`,
    );
  }
  // As the compiler does.
  if (chunkLength !== undefined && chunkLength > sequenceLength / 2) {
    problems.push(
      `a chunk of ${chunkLength} tokens is more than half of the sequence length ${sequenceLength}`,
    );
  }
  if (hasPrefixReuse && maxInputLength !== undefined) {
    problems.push(
      'a longest prompt is only for builds without prefix reuse; with it, a prompt may have any length',
    );
  }
  const width = brokenWidth(shape, build);
  if (width !== undefined) {
    problems.push(`the group size ${groupSize} does not divide the width ${width}`);
  }
  return problems;
}

function withDefaults(shape: ModelShape, options: BuildOptions): Build {
  const sequenceLength = options.sequenceLength ?? Math.min(DEFAULT_SEQUENCE, shape.contextLength);
  const prefill = options.prefill ?? 'dynamic';
  // The compiler knows it for dynamic nets alone.
  const hasPrefixReuse = prefill === 'dynamic' && (options.hasPrefixReuse ?? true);
  return {
    quantization: options.quantization ?? 'w8bf16',
    groupSize: options.groupSize ?? shape.groupSize ?? DEFAULT_GROUP,
    isSymmetric: options.isSymmetric ?? false,
    sequenceLength,
    prefill,
    hasPrefixReuse,
    ...chooseLengths(options, sequenceLength, hasPrefixReuse),
    slots: options.slots ?? 1,
    isEmbeddingOnDisk: options.isEmbeddingOnDisk ?? false,
    devices: options.devices ?? 1,
    highLayers: Math.min(options.highLayers ?? 0, shape.layers),
  };
}

/** The compiler's own: a quarter of the sequence length, rounded down (tpu-mlir 1.30.2, llm_convert.py). */
export function defaultChunk(sequenceLength: number): number {
  return Math.max(1, Math.floor(sequenceLength / 4));
}

/** With prefix reuse one option rules both; without it, how long a prompt may be is another's. */
function chooseLengths(
  { chunkLength, maxInputLength }: BuildOptions,
  sequenceLength: number,
  hasPrefixReuse: boolean,
): Pick<Build, 'chunkLength' | 'shortestDecode'> {
  if (hasPrefixReuse) {
    const chunk = chunkLength ?? defaultChunk(sequenceLength);
    return { chunkLength: chunk, shortestDecode: chunk };
  }
  return {
    chunkLength: Math.min(maxInputLength ?? sequenceLength, sequenceLength),
    shortestDecode: chunkLength ?? sequenceLength,
  };
}

/** Whether the groups of the quantization go with the model's widths. */
export function hasWholeGroups(shape: ModelShape, build: Build): boolean {
  return brokenWidth(shape, build) === undefined;
}

function brokenWidth(shape: ModelShape, build: Build): number | undefined {
  if (weightBits(build.quantization) === 16) return undefined;
  // Each is the length of a matrix's rows, along which weights share scales.
  const widths = [shape.hiddenSize, queryWidth(shape), shape.innerSize];
  return widths.find((width) => width % build.groupSize !== 0);
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

interface LayerKind {
  readonly count: number;
  readonly build: Build;
}

/** Layers with the weights that were asked for, and those that keep 16 bits. */
export function layerKinds({ layers }: ModelShape, build: Build): LayerKind[] {
  const { quantization, highLayers } = build;
  const isHalf = weightBits(quantization) === 16;
  const high = isHalf ? 0 : highLayers;
  const kinds: LayerKind[] = [
    { count: layers - high, build },
    { count: high, build: { ...build, quantization: halfOf(quantization) } },
  ];
  return kinds.filter(({ count }) => count > 0);
}

function halfOf(quantization: CardQuantization): CardQuantization {
  return quantization.endsWith('bf16') ? 'bf16' : 'f16';
}

/**
 * Lengths of KV cache that decode is compiled for: those of 1, 2, 4 ... chunks, and the whole. For
 * several chips the whole alone: their nets of several lengths cannot be joined (tpu-mlir 1.30.2).
 */
export function decodeLengths({
  shortestDecode,
  sequenceLength,
  devices,
}: Pick<Build, 'shortestDecode' | 'sequenceLength' | 'devices'>): number[] {
  if (devices > 1) return [sequenceLength];
  const lengths: number[] = [];
  for (let length = shortestDecode; length < sequenceLength; length *= 2) lengths.push(length);
  return [...lengths, sequenceLength];
}
