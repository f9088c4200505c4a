/** The options of a build for the card, as the command line has them. */
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { BuildOptions } from '../prediction/build.ts';
import { ConversionOptions } from '../protocol/conversion.ts';
import { CardQuantization } from '../protocol/prediction.ts';
import { integer, numberList } from './arguments.ts';

export interface BuildFlags {
  readonly quantize?: CardQuantization;
  readonly groupSize?: number;
  readonly symmetric?: boolean;
  readonly seqLength?: number;
  readonly maxInputLength?: number;
  readonly chunkLength?: number;
  readonly prefill?: 'static' | 'dynamic';
  readonly prefixReuse?: boolean;
  readonly slots?: number;
  readonly embeddingDisk?: boolean;
  readonly numDevice?: number;
  readonly keepHigh?: readonly number[];
}

const LONGEST = 1_000_000;
/** Sequences that the card's nets are compiled for at once, at most. */
const MOST_SLOTS = 32;
const LAST_LAYER = 1023;

export function addBuildOptions(command: Command): Command {
  const tokens = integer(1, LONGEST);
  return command
    .addOption(
      new Option('--quantize <type>', 'weights and arithmetic (default: w8bf16)').choices(
        CardQuantization.options,
      ),
    )
    .option('--group-size <n>', 'weights that share a scale (default: 64)', tokens)
    .option('--symmetric', 'quantize without zero points')
    .option('--seq-length <n>', 'longest conversation, in tokens', tokens)
    .option('--max-input-length <n>', 'longest prompt, without prefix reuse', tokens)
    .option('--chunk-length <n>', 'tokens of a prompt computed at once', tokens)
    .addOption(
      new Option('--prefill <kind>', 'how prompts are computed (default: dynamic)').choices([
        'static',
        'dynamic',
      ]),
    )
    .option('--no-prefix-reuse', 'compute every prompt from its first token')
    .option('--slots <n>', 'conversations that decode at once', integer(1, MOST_SLOTS))
    .option('--embedding-disk', 'keep the embedding on the host')
    .option('--num-device <n>', 'chips that share one copy of the weights', deviceCount)
    .option(
      '--keep-high <layers>',
      'layers that keep 16 bits, such as 0,30-35',
      numberList(LAST_LAYER),
    );
}

/** With the defaults of a conversion. */
export function conversionOf(
  flags: BuildFlags & { readonly head?: ConversionOptions['head'] },
): ConversionOptions {
  const prefill = flags.prefill ?? 'dynamic';
  return ConversionOptions.parse({
    quantization: flags.quantize,
    groupSize: flags.groupSize,
    isSymmetric: flags.symmetric,
    sequenceLength: flags.seqLength,
    maxInputLength: flags.maxInputLength,
    chunkLength: flags.chunkLength,
    prefill,
    hasPrefixReuse: flags.prefixReuse !== false && prefill === 'dynamic',
    head: flags.head,
    isEmbeddingOnDisk: flags.embeddingDisk,
    devices: flags.numDevice,
    keepHigh: flags.keepHigh,
    slots: flags.slots,
  });
}

/** What is not given stays open. */
export function buildOf(flags: BuildFlags): BuildOptions {
  return {
    quantization: flags.quantize,
    groupSize: flags.groupSize,
    isSymmetric: flags.symmetric,
    sequenceLength: flags.seqLength,
    maxInputLength: flags.maxInputLength,
    chunkLength: flags.chunkLength,
    prefill: flags.prefill,
    // Commander's own default for an option that says no.
    hasPrefixReuse: flags.prefixReuse === false ? false : undefined,
    slots: flags.slots,
    isEmbeddingOnDisk: flags.embeddingDisk,
    devices: flags.numDevice,
    highLayers: flags.keepHigh && new Set(flags.keepHigh).size,
  };
}

function deviceCount(text: string): ConversionOptions['devices'] {
  const parsed = ConversionOptions.shape.devices.safeParse(Number(text));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be 1, 2, 4 or 8.');
}
