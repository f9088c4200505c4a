/** What the compiler is asked for: defaults filled in, and what does not go with the model. Pure. */
import {
  buildOptionsOf,
  buildProblems,
  chooseBuild,
  decodeLengths,
  defaultChunk,
  weightBits,
} from '../prediction/build.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import type { ConversionOptions } from '../protocol/conversion.ts';

/** With every length that the build has. */
export type ChosenOptions = ConversionOptions & { readonly sequenceLength: number };

/**
 * Fills in what follows from the model; what is wrong stays as it is.
 * `maxInputLength` and `chunkLength` stay absent where the build has none.
 */
export function chooseOptions(shape: ModelShape, asked: ConversionOptions): ChosenOptions {
  const isQuantized = weightBits(asked.quantization) < 16;
  const { sequenceLength } = defaultBuild(shape, asked);
  const chunk = asked.hasPrefixReuse ? defaultChunk(sequenceLength) : undefined;
  return {
    ...asked,
    sequenceLength,
    groupSize: isQuantized ? (asked.groupSize ?? defaultBuild(shape, {}).groupSize) : undefined,
    chunkLength: asked.chunkLength ?? chunk,
    keepHigh: [...new Set(asked.keepHigh)].sort((a, b) => a - b),
  };
}

/** Tokens of a prompt that go through the network at once. */
export function promptLength(options: ChosenOptions): number {
  const { hasPrefixReuse, chunkLength, maxInputLength, sequenceLength } = options;
  const longest = hasPrefixReuse ? chunkLength : maxInputLength;
  return Math.min(longest ?? sequenceLength, sequenceLength);
}

/** Lengths of KV cache, besides the whole, that decode is compiled for: the longest first. */
export function decodeStages(options: ChosenOptions): number[] {
  const { chunkLength, sequenceLength, devices } = options;
  const shortestDecode = chunkLength ?? sequenceLength;
  return decodeLengths({ shortestDecode, sequenceLength, devices }).slice(0, -1).reverse();
}

/** A sentence part for each thing that does not go together; empty when all does. */
export function optionProblems(shape: ModelShape, options: ChosenOptions): string[] {
  const { sequenceLength, maxInputLength, hasPrefixReuse, devices } = options;
  const problems = buildProblems(shape, buildOptionsOf(options));
  const refuse = (isWrong: boolean, reason: string): void => {
    if (isWrong) problems.push(reason);
  };
  refuse(
    maxInputLength !== undefined && maxInputLength > sequenceLength,
    `the longest prompt ${maxInputLength ?? 0} is beyond the sequence length ${sequenceLength}`,
  );
  refuse(hasPrefixReuse && options.prefill === 'static', 'prefix reuse needs dynamic prefill');
  refuse(
    devices > 1 && !hasPrefixReuse && options.chunkLength !== undefined,
    'for several chips, decode is compiled for one length; leave the chunk length out',
  );
  refuse(
    options.slots > 1,
    `builds for ${options.slots} conversations at once are not there yet; take 1 slot`,
  );
  const beyond = options.keepHigh.filter((layer) => layer >= shape.layers);
  refuse(
    beyond.length > 0,
    `there is no layer ${beyond[0] ?? 0}: the model has the layers 0 to ${shape.layers - 1}`,
  );
  for (const [what, count] of [
    ['KV heads', shape.kvHeads],
    ['feed-forward channels', shape.innerSize],
  ] as const) {
    refuse(count % devices !== 0, `its ${count} ${what} do not divide by ${devices} chips`);
  }
  return problems;
}

/** With lengths that are always possible, for their defaults alone. */
function defaultBuild(
  shape: ModelShape,
  { sequenceLength }: { sequenceLength?: number | undefined },
): { sequenceLength: number; groupSize: number } {
  // 16 bits have no groups, which might not divide.
  const build = chooseBuild(shape, { quantization: 'bf16' });
  return { ...build, sequenceLength: sequenceLength ?? build.sequenceLength };
}
