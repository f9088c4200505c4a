/** `tpu-pilot convert`: a model for the card, made by the vendor's compiler as a job of the backend. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { ConversionOptions, type ConversionPlan } from '../protocol/conversion.ts';
import type { ParamsOf } from '../protocol/methods.ts';
import { CardQuantization } from '../protocol/prediction.ts';
import { PilotError } from '../protocol/errors.ts';
import { toRemoteError } from '../client/remoteError.ts';
import { integer, numberList } from './arguments.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { describePlan } from './convertText.ts';
import { followJob } from './followJob.ts';
import { note, printResult, type Io } from './io.ts';
import { describeModel } from './modelText.ts';

interface ConvertFlags extends CommonOptions {
  readonly out?: string;
  readonly alias?: string;
  readonly dryRun?: boolean;
  readonly quantize: CardQuantization;
  readonly symmetric?: boolean;
  readonly groupSize?: number;
  readonly seqLength?: number;
  readonly maxInputLength?: number;
  readonly chunkLength?: number;
  readonly prefill: 'static' | 'dynamic';
  readonly prefixReuse: boolean;
  readonly head: 'logits' | 'token';
  readonly embeddingDisk?: boolean;
  readonly numDevice: number;
  readonly keepHigh?: number[];
  readonly slots: number;
}

const LONGEST = 1_000_000;
const MOST_LAYERS = 1023;
const MOST_SLOTS = 32;

const help = `
SOURCE is a Hugging Face folder with safetensors weights, a GGUF file, or a model of the store. The
result is one folder: the bmodel, tokenizer, chat template and manifest. Prefix reuse, dynamic
prefill and logits are what chat and completion need. Stopped with Ctrl+C or killed, the same
command goes on with what is not done yet.`;

/** Registers `convert`. Its action rejects with PilotError or RemoteError. */
export function registerConvertCommand(program: Command, io: Io): void {
  addCommand(program, 'convert <source>', 'make a model for the card')
    .option('--out <dir>', 'the folder to make (default: in the store)')
    .option('--alias <name>', 'a second name for it')
    .addOption(
      new Option('--quantize <type>', 'weights and arithmetic')
        .choices(CardQuantization.options)
        .default('w8bf16'),
    )
    .option('--symmetric', 'quantize without zero points')
    .option('--group-size <n>', 'weights that share a scale (default: 64)', integer(1, LONGEST))
    .option('--seq-length <n>', 'longest conversation, in tokens', integer(1, LONGEST))
    .option('--max-input-length <n>', 'longest prompt, without prefix reuse', integer(1, LONGEST))
    .option('--chunk-length <n>', 'tokens of a prompt computed at once', integer(1, LONGEST))
    .addOption(
      new Option('--prefill <kind>', 'how prompts are computed; static has no prefix reuse')
        .choices(['static', 'dynamic'])
        .default('dynamic'),
    )
    .option('--no-prefix-reuse', 'compute every prompt from its beginning')
    .addOption(
      new Option(
        '--head <kind>',
        'what it answers: logits can be sampled, a token is the likeliest',
      )
        .choices(['logits', 'token'])
        .default('logits'),
    )
    .option('--embedding-disk', 'keep the embedding on the host')
    .option('--num-device <n>', 'chips that share it: 1, 2, 4 or 8', devices, 1)
    .option('--keep-high <layers>', 'layers with 16-bit weights: 3,7-9', numberList(MOST_LAYERS))
    .addOption(
      new Option('--target <chip>', 'what it is for').choices(['bm1684x']).default('bm1684x'),
    )
    .option('--slots <n>', 'conversations that decode at once', integer(1, MOST_SLOTS), 1)
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
    options: toOptions(flags),
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

function toOptions(flags: ConvertFlags): ConversionOptions {
  return ConversionOptions.parse({
    quantization: flags.quantize,
    groupSize: flags.groupSize,
    isSymmetric: flags.symmetric,
    sequenceLength: flags.seqLength,
    maxInputLength: flags.maxInputLength,
    chunkLength: flags.chunkLength,
    prefill: flags.prefill,
    hasPrefixReuse: flags.prefixReuse && flags.prefill === 'dynamic',
    head: flags.head,
    isEmbeddingOnDisk: flags.embeddingDisk,
    devices: flags.numDevice,
    keepHigh: flags.keepHigh,
    slots: flags.slots,
  });
}

/** @throws RemoteError with the first problem */
function requirePossible({ problems: [problem] }: ConversionPlan): void {
  if (problem) throw toRemoteError(problem);
}

function devices(text: string): number {
  const parsed = ConversionOptions.shape.devices.safeParse(Number(text));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('It must be 1, 2, 4 or 8.');
}
