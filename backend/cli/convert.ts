/** `tpu-pilot convert`: a model for the card, made by the vendor's compiler as a job of the backend. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Option, type Command } from 'commander';
import type { ConversionPlan } from '../protocol/conversion.ts';
import type { ParamsOf } from '../protocol/methods.ts';
import { PilotError } from '../protocol/errors.ts';
import { toRemoteError } from '../client/remoteError.ts';
import { addBuildOptions, conversionOf, type BuildFlags } from './buildOptions.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { describePlan } from './convertText.ts';
import { followJob } from './followJob.ts';
import { note, printResult, type Io } from './io.ts';
import { describeModel } from './modelText.ts';

interface ConvertFlags extends CommonOptions, BuildFlags {
  readonly out?: string;
  readonly alias?: string;
  readonly dryRun?: boolean;
  readonly head?: 'logits' | 'token';
}

const help = `
SOURCE is a Hugging Face folder with safetensors weights, a GGUF file, or a model of the store. The
result is one folder: the bmodel, tokenizer, chat template and manifest. Prefix reuse, dynamic
prefill and logits are what chat and completion need. Stopped with Ctrl+C or killed, the same
command goes on with what is not done yet.`;

/** Registers `convert`. Its action rejects with PilotError or RemoteError. */
export function registerConvertCommand(program: Command, io: Io): void {
  const command = addCommand(program, 'convert <source>', 'make a model for the card')
    .option('--out <dir>', 'the folder to make (default: in the store)')
    .option('--alias <name>', 'a second name for it');
  addBuildOptions(command)
    .addOption(
      new Option(
        '--head <kind>',
        'what it answers: logits can be sampled, a token is the likeliest (default: logits)',
      ).choices(['logits', 'token']),
    )
    .addOption(
      new Option('--target <chip>', 'what it is for').choices(['bm1684x']).default('bm1684x'),
    )
    .option('--dry-run', 'say what it would need and make, and stop')
    .addHelpText('after', help)
    .action((source: string, flags: ConvertFlags) => convert(io, source, flags));
}

async function convert(io: Io, source: string, flags: ConvertFlags): Promise<void> {
  const isPath = (await stat(source).catch(() => undefined)) !== undefined;
  const params: ParamsOf<'convert/start'> = {
    // A name that is no path is a model of the store; so is one that is neither, for its error.
    source: isPath ? path.resolve(source) : source,
    ...(flags.out !== undefined && { out: path.resolve(flags.out) }),
    ...(flags.alias !== undefined && { alias: flags.alias }),
    options: conversionOf(flags),
  };
  const json = flags.json ?? false;
  await withBackend(io, flags, async (client) => {
    if (flags.dryRun) {
      const plan = await client.request('convert/plan', params);
      printResult(io, json, plan, describePlan(plan));
      requirePossible(plan);
      return;
    }
    const job = await followJob(io, client, await client.request('convert/start', params));
    if (job.model === undefined) throw new PilotError('internalError');
    const model = await client.request('model/info', { model: job.model });
    printResult(io, json, model, describeModel(model));
    if (!json) note(io, `Check it with "tpu-pilot verify ${model.id}".`);
  });
}

/** @throws RemoteError with the first problem */
function requirePossible({ problems: [problem] }: ConversionPlan): void {
  if (problem) throw toRemoteError(problem);
}
