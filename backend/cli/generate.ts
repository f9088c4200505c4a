/** `tpu-pilot generate`: what a model goes on with, without a chat template, for checks and scripts. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { attach } from '../client/attach.ts';
import type { BackendClient } from '../client/backendClient.ts';
import { homeFolder } from '../client/home.ts';
import type { Config } from '../config.ts';
import { ModelStore } from '../models/store.ts';
import type { CreateEngine } from '../parts.ts';
import type { ChatProgress } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import { Overflow } from '../protocol/generation.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { RawParams, type RawResult } from '../protocol/rawGeneration.ts';
import { RawGenerator } from '../rawGenerator.ts';
import { decimal, deviceArgument, deviceHelp, integer, tokenList } from './arguments.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { exitCodes, type Io } from './io.ts';
import { ensureLoaded } from './loadedModel.ts';
import { withOwnEngine } from './ownEngine.ts';
import { StreamPrinter } from './streamPrinter.ts';

interface GenerateOptions extends CommonOptions {
  readonly device?: string;
  readonly libsophon?: string;
  readonly prompt?: string;
  readonly tokens?: number[];
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed?: number;
  readonly overflow?: Overflow;
}

type EngineFor = (config: Config, home: string) => CreateEngine;
type Generate = (
  onProgress: (progress: ChatProgress) => void,
  signal: AbortSignal,
) => Promise<RawResult>;

const details = `
MODEL is the id or alias of a model of the store, or a path. A prompt is text, also where it looks
like a special token; give those with --tokens. The running backend of the home does it; with
--device, or when none runs, the model is loaded for this one call. Without a temperature the
likeliest token is taken. With --overflow slide an answer that reaches the model's context goes on
without its oldest tokens, and a prompt that is too long loses its middle. With --json the last line
on stdout is one object: tokens, text, finishReason, timings.`;

/** Registers `generate`. Its action rejects with PilotError or RemoteError. */
export function registerGenerateCommand(program: Command, io: Io, engineFor: EngineFor): void {
  addCommand(program, 'generate <model>', 'go on with a text or tokens, without a chat template')
    .option('--prompt <text>', 'the text to go on with')
    .option('--tokens <ids>', 'the tokens to go on with, such as 1,2,3', tokenList)
    .option('--device <device>', deviceHelp, deviceArgument)
    .option('--libsophon <dir>', 'folder of the libraries of the card')
    .option('--max-tokens <n>', 'tokens to generate (default: 128)', integer(1, 1_000_000))
    .option('--temperature <t>', '0 for the likeliest token, up to 5', decimal(0, 5))
    .option('--top-k <k>', 'choose among so many tokens', integer(0, 1_000_000))
    .option('--top-p <p>', 'choose among tokens of so much probability', decimal(0.000_001, 1))
    .option(
      '--min-p <p>',
      'leave out tokens less likely than so much of the likeliest',
      decimal(0, 1),
    )
    .option('--repetition-penalty <r>', '1 for none', decimal(0.01, 10))
    .option('--seed <s>', 'makes the random choices repeatable', integer(0, 0xffff_ffff))
    .addOption(
      new Option('--overflow <way>', 'at the end of the context (default: stop)').choices(
        Overflow.options,
      ),
    )
    .addHelpText('after', details)
    .action(async (model: string, options: GenerateOptions, command: Command) => {
      const params = RawParams.safeParse(paramsOf(options));
      if (!params.success) {
        const error = 'error: give either --prompt with a text, or --tokens';
        return command.error(error, { exitCode: exitCodes.usage });
      }
      await generate(io, model, options, params.data, engineFor);
    });
}

function paramsOf({ prompt, tokens, maxTokens, overflow, ...options }: GenerateOptions): RawParams {
  const { temperature, topK, topP, minP, repetitionPenalty, seed } = options;
  const given = { temperature, topK, topP, minP, repetitionPenalty, seed };
  const sampling = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  );
  return { prompt, tokens, maxTokens, sampling, overflow };
}

async function generate(
  io: Io,
  given: string,
  options: GenerateOptions,
  params: RawParams,
  engineFor: EngineFor,
): Promise<void> {
  const home = homeFolder(options.home, io.env);
  const { device, json = false } = options;
  const model = await locate(await new ModelStore(home).list(), given);
  const client = device === undefined ? await attach(home) : undefined;
  if (client) {
    try {
      await client.settled();
      await provide(io, client, model);
      await print(io, json, (onProgress, signal) =>
        client.streamRaw({ ...params, model }, onProgress, signal),
      );
    } finally {
      await client.close();
    }
    return;
  }
  const libsophon = options.libsophon && path.resolve(options.libsophon);
  await withOwnEngine(io, { home, device, libsophon, model }, engineFor, async (engine, id) => {
    const generator = new RawGenerator(engine);
    await print(io, json, (onProgress, signal) =>
      generator.generate({ ...params, model: id }, onProgress, signal),
    );
  });
}

/** Id of the model of the store that is meant; else an absolute path, where there is something. */
async function locate(models: readonly ModelInfo[], given: string): Promise<string> {
  const named = models.find(({ id, aliases }) => id === given || aliases.includes(given));
  if (named) return named.id;
  const absolute = path.resolve(given);
  const stored = models.find((model) => model.path === absolute);
  if (stored) return stored.id;
  return (await stat(absolute).catch(() => undefined)) ? absolute : given;
}

async function provide(io: Io, client: BackendClient, model: string): Promise<void> {
  if (!path.isAbsolute(model)) return ensureLoaded(io, client, model);
  await client.request('model/load', { model }, io.interrupted);
}

async function print(io: Io, json: boolean, work: Generate): Promise<void> {
  const printer = new StreamPrinter(io, json);
  const result = await work((progress) => printer.show(progress), io.interrupted);
  printer.end();
  if (result.finishReason === 'cancelled') throw new PilotError('cancelled');
  if (json) io.stdout.write(`${JSON.stringify(result)}\n`);
}
