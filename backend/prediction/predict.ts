/** Puts memory and time together, and says what would make a model fit. */
import type { Prediction } from '../protocol/prediction.ts';
import { chooseBuild, decodeLengths, weightBits, type Build, type BuildOptions } from './build.ts';
import { formulaFigures, type Figures } from './figures.ts';
import { chipHeaps, type Heap } from './heaps.ts';
import { kvBytesPerToken, place, totalBytes, type Blocks, type Bound } from './memory.ts';
import { parameters, type ModelShape } from './modelShape.ts';
import { findRemedies, longestSequence } from './remedies.ts';

/** Fast cards, and those with two chips, in MHz: bm_boot_info.c of libsophon's driver. */
export const clocks = [1000, 950] as const;
const promptLengths = [128, 512, 1024, 2048, 4096, 8192, 16_384, 32_768] as const;

/**
 * @param heaps of the chip it is for
 * @throws BuildError when an option does not go with the model
 */
export function predict(
  shape: ModelShape,
  options: BuildOptions = {},
  heaps: readonly Heap[] = chipHeaps,
): Prediction {
  const build = chooseBuild(shape, options);
  return predictWith(shape, build, formulaFigures(shape, build), heaps);
}

/** The same with figures from elsewhere. */
export function predictWith(
  shape: ModelShape,
  build: Build,
  figures: Figures,
  heaps: readonly Heap[] = chipHeaps,
): Prediction {
  const { method } = figures;
  return {
    model: {
      architecture: shape.architecture,
      layers: shape.layers,
      hiddenSize: shape.hiddenSize,
      parameters: parameters(shape),
      contextLength: shape.contextLength,
    },
    build: describeBuild(build),
    memory: predictMemory(shape, build, figures.memory, heaps),
    firstToken: clocks.flatMap((clockMHz) =>
      promptsOf(build).map((promptTokens) => ({
        promptTokens,
        clockMHz,
        milliseconds: figures.firstToken(promptTokens, clockMHz),
        method,
      })),
    ),
    decode: clocks.flatMap((clockMHz) =>
      decodeLengths(build).map((kvLength) => {
        const { milliseconds, memoryShare } = figures.decodeStep(kvLength, clockMHz);
        const perSecond = (ms: number): number => (1000 * build.slots) / ms;
        return {
          kvLength,
          clockMHz,
          stepMilliseconds: milliseconds,
          tokensPerSecond: {
            low: perSecond(milliseconds.high),
            expected: perSecond(milliseconds.expected),
            high: perSecond(milliseconds.low),
          },
          memoryShare,
          method,
        };
      }),
    ),
    assumptions: [...figures.assumptions, ...assumptionsOf(shape, build)],
  };
}

function describeBuild(build: Build): Prediction['build'] {
  const isGrouped = weightBits(build.quantization) < 16;
  return {
    quantization: build.quantization,
    ...(isGrouped && { groupSize: build.groupSize }),
    isSymmetric: build.isSymmetric,
    sequenceLength: build.sequenceLength,
    chunkLength: build.chunkLength,
    prefill: build.prefill,
    hasPrefixReuse: build.hasPrefixReuse,
    slots: build.slots,
    isEmbeddingOnDisk: build.isEmbeddingOnDisk,
    devices: build.devices,
    highLayers: build.highLayers,
  };
}

function predictMemory(
  shape: ModelShape,
  build: Build,
  blocks: readonly Blocks[],
  heaps: readonly Heap[],
): Prediction['memory'] {
  const expected = place(blocks, 'expected', heaps);
  const isSafe = place(blocks, 'high', heaps).isWhole;
  const longest = longestSequence(shape, build, heaps);
  return {
    parts: partsOf(blocks),
    total: {
      low: totalBytes(blocks, 'low'),
      expected: totalBytes(blocks, 'expected'),
      high: totalBytes(blocks, 'high'),
    },
    kvBytesPerToken: kvBytesPerToken(shape),
    heaps: heaps.map(({ name, bytes }, n) => ({
      name,
      bytes,
      usedBytes: expected.usedBytes[n] ?? 0,
    })),
    fit: expected.isWhole ? (isSafe ? 'yes' : 'tight') : 'no',
    ...(longest !== undefined && { longestSequence: longest }),
    remedies: isSafe ? [] : findRemedies(shape, build, heaps, longest),
  };
}

/** Blocks of the same name together, where the first of them stands. */
function partsOf(blocks: readonly Blocks[]): Prediction['memory']['parts'] {
  const names = [...new Set(blocks.map(({ name }) => name))];
  return names.map((name) => {
    const own = blocks.filter((one) => one.name === name);
    const method = own.every((one) => one.method === 'compiled') ? 'compiled' : 'estimated';
    const sum = (bound: Bound): number => totalBytes(own, bound);
    return {
      name,
      bytes: { low: sum('low'), expected: sum('expected'), high: sum('high') },
      method,
    };
  });
}

function promptsOf({ prefill, hasPrefixReuse, ...build }: Build): number[] {
  // A static prefill costs the same whatever the prompt has.
  if (prefill === 'static') return [build.chunkLength];
  const longest = hasPrefixReuse ? build.sequenceLength : build.chunkLength;
  return [...promptLengths.filter((length) => length < longest), longest];
}

function assumptionsOf(shape: ModelShape, build: Build): string[] {
  const always = [
    'One chip with 16 GB, of which the driver leaves 15.4 GB to models, in three heaps; nothing else is loaded.',
  ];
  const shared = shape.isTied && !build.isEmbeddingOnDisk && build.devices === 1;
  return [
    ...always,
    ...(shared ? ['The output head shares the embedding’s memory, as their bytes are equal.'] : []),
    ...(build.devices > 1
      ? ['The chips share the work evenly; what they tell each other is left out.']
      : []),
    ...(build.slots > 1
      ? ['Slots decode in one launch a layer, each writing its KV in place, with one output head.']
      : []),
  ];
}
