/** `tpu-pilot model predict`: memory and speed on a BM1684X, before anything is compiled. */
import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import { ModelStore } from '../models/store.ts';
import type { BuildOptions } from '../prediction/build.ts';
import { estimate } from '../prediction/estimate.ts';
import { CardQuantization } from '../protocol/prediction.ts';
import { integer } from './arguments.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { printResult, type Io } from './io.ts';
import { describePrediction } from './predictText.ts';

interface PredictOptions extends CommonOptions {
  readonly quantize?: CardQuantization;
  readonly groupSize?: number;
  readonly symmetric?: boolean;
  readonly seqLength?: number;
  readonly chunkLength?: number;
  readonly prefill?: 'static' | 'dynamic';
  readonly slots?: number;
  readonly embeddingDisk?: boolean;
}

const LONGEST = 1_000_000;
/** Sequences that the card's nets are compiled for at once, at most. */
const MOST_SLOTS = 32;

const sourceHelp = `
SOURCE is a folder with a config.json (its weights are not needed), a config.json, a GGUF file, or
a model of the store.`;

export function registerPredictCommand(model: Command, io: Io): void {
  const quantizations = new Option('--quantize <type>', 'weights and arithmetic')
    .choices(CardQuantization.options)
    .default('w8bf16');
  const prefill = new Option('--prefill <kind>', 'how prompts are computed')
    .choices(['static', 'dynamic'])
    .default('dynamic');
  addCommand(model, 'predict <source>', 'memory and speed it would have on a BM1684X')
    .addOption(quantizations)
    .option('--group-size <n>', 'weights that share a scale (default: 64)', integer(1, LONGEST))
    .option('--symmetric', 'quantize without zero points')
    .option('--seq-length <n>', 'longest conversation, in tokens', integer(1, LONGEST))
    .option('--chunk-length <n>', 'tokens of a prompt computed at once', integer(1, LONGEST))
    .addOption(prefill)
    .option('--slots <n>', 'conversations that decode at once', integer(1, MOST_SLOTS))
    .option('--embedding-disk', 'keep the embedding on the host')
    .addHelpText('after', sourceHelp)
    .action(async (source: string, options: PredictOptions) => {
      const store = new ModelStore(homeFolder(options.home, io.env));
      // What there is here goes before a model of the store.
      const isPath = await stat(source).catch(() => undefined);
      const file = isPath ? source : ((await store.find(source))?.path ?? source);
      const prediction = await estimate(file, buildOf(options));
      printResult(io, options.json ?? false, prediction, describePrediction(prediction));
    });
}

function buildOf(options: PredictOptions): BuildOptions {
  return {
    quantization: options.quantize,
    groupSize: options.groupSize,
    isSymmetric: options.symmetric,
    sequenceLength: options.seqLength,
    chunkLength: options.chunkLength,
    prefill: options.prefill,
    slots: options.slots,
    isEmbeddingOnDisk: options.embeddingDisk,
  };
}
