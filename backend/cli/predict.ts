/** `tpu-pilot predict`: memory and speed on a BM1684X, from a model or its config.json alone. */
import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import { ModelStore } from '../models/store.ts';
import { predictBest, predictCompiled, predictEstimated } from '../timeModel/predictCompiled.ts';
import type { BuildOptions } from '../prediction/build.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { addBuildOptions, buildOf, type BuildFlags } from './buildOptions.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { printResult, type Io } from './io.ts';
import { describePrediction } from './predictText.ts';
import { withProgress } from './withProgress.ts';

interface PredictOptions extends CommonOptions, BuildFlags {
  readonly config?: string;
  readonly compile?: boolean;
  readonly estimate?: boolean;
}

const sourceHelp = `
SOURCE is a folder with a config.json (its weights are not needed), a config.json, a GGUF file, a
converted model's folder, or a model of the store.

Where the compiler is installed, one layer is compiled with random weights, which takes minutes the
first time; what its own schedule says is kept, and the next question is answered at once.`;

/** Registers `predict` below a command. Its action rejects with PilotError. */
export function registerPredictCommand(parent: Command, io: Io): void {
  const command = addCommand(parent, 'predict', 'memory and speed it would have on a BM1684X')
    .argument('[source]', 'a model')
    .option('--config <file>', 'the same as a config.json for SOURCE');
  addBuildOptions(command)
    .addOption(new Option('--compile', 'insist on the compiler’s own schedule'))
    .addOption(new Option('--estimate', 'by formula, at once').conflicts('compile'))
    .addHelpText('after', sourceHelp)
    .action(async (given: string | undefined, options: PredictOptions) => {
      if ((given === undefined) === (options.config === undefined)) {
        command.error('error: name a model, or its config.json with --config', { exitCode: 2 });
      }
      const home = homeFolder(options.home, io.env);
      const source = options.config ?? (await findSource(home, given ?? ''));
      const prediction = await predictSource(io, home, source, options);
      printResult(io, options.json ?? false, prediction, describePrediction(prediction));
    });
}

/** What there is here goes before a model of the store. */
async function findSource(home: string, given: string): Promise<string> {
  if (await stat(given).catch(() => undefined)) return given;
  return (await new ModelStore(home).find(given))?.path ?? given;
}

async function predictSource(
  io: Io,
  home: string,
  source: string,
  options: PredictOptions,
): Promise<Prediction> {
  const build: BuildOptions = buildOf(options);
  if (options.estimate) return predictEstimated(source, build);
  const work = options.compile ? predictCompiled : predictBest;
  return withProgress(io, (listener) =>
    work(home, source, build, { ...listener, signal: io.interrupted }, { env: io.env }),
  );
}
