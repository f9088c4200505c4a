/** What is to be converted: found, looked at, and refused when converting it could not end well. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readGguf } from '../formats/gguf.ts';
import { inspectModel } from '../models/inspect.ts';
import type { ModelFacts } from '../models/manifest.ts';
import { requireAbsolute } from '../models/modelService.ts';
import { findLocalModel } from '../models/sources/path.ts';
import type { ModelStore } from '../models/store.ts';
import { layerParameters, parameters, type ModelShape } from '../prediction/modelShape.ts';
import { readShape } from '../prediction/readShape.ts';
import { PilotError } from '../protocol/errors.ts';
import { withLinkedFolders } from '../toolchain/linkedFolders.ts';

export interface ConversionSource {
  /** A folder, or a GGUF file; absolute, with links resolved. */
  readonly path: string;
  readonly format: 'huggingFace' | 'gguf';
  /** What people would call the model. */
  readonly name: string;
  readonly shape: ModelShape;
  readonly facts: ModelFacts;
  /** What is read of it, relative to its folder. */
  readonly files: readonly { name: string; size: number; changedMs: number }[];
  readonly folder: string;
  /** It, and those that links in it lead to. */
  readonly folders: readonly string[];
  /** What people should know. */
  readonly notices: readonly string[];
  /** Each stands in the way. */
  readonly problems: readonly PilotError[];
}

/** Names of weights that run code when they are read. */
const PICKLE = /\.(bin|pt|pth|ckpt|pkl)$/iu;

/**
 * @param given absolute path, or id or alias of a model of the store
 * @throws PilotError sourceInvalid, modelInvalid, unsupportedModel, unsafeSource
 */
export async function findSource(store: ModelStore, given: string): Promise<ConversionSource> {
  const place = await locate(store, given);
  const found = await stat(place).catch(() => undefined);
  if (found?.isDirectory()) await requireSafetensors(place);
  const local = await findLocalModel(place);
  const names = local.files.map(({ name }) => name);
  const shape = await readShape(place);
  const facts = await inspectModel(local.folder, names);
  const isFolder = found?.isDirectory() ?? false;
  const format = isFolder ? 'huggingFace' : 'gguf';
  const checked = isFolder ? await checkFolder(place) : await checkGguf(place);
  const files = await Promise.all(
    local.files.map(async ({ name, size }) => {
      const { mtimeMs } = await stat(path.join(local.folder, name));
      return { name, size, changedMs: mtimeMs };
    }),
  );
  const target = await realpath(place);
  const problems = [...checked.problems, ...weightProblems(path.basename(place), shape, facts)];
  const { notices } = checked;
  const folders = await withLinkedFolders([local.folder]);
  return { ...local, path: target, folders, format, shape, facts, files, notices, problems };
}

async function locate(store: ModelStore, given: string): Promise<string> {
  const models = await store.list();
  const named =
    models.find(({ id }) => id === given) ?? models.find(({ aliases }) => aliases.includes(given));
  if (!named) {
    requireAbsolute(given);
    return given;
  }
  if (named.format !== 'bmodel') return named.path;
  throw new PilotError('sourceInvalid', { source: given, reason: 'it is converted already' });
}

/** Before anything is read of it. */
async function requireSafetensors(folder: string): Promise<void> {
  const names = await readdir(folder);
  const pickle = names.find((name) => PICKLE.test(name));
  if (pickle === undefined || names.some((name) => name.endsWith('.safetensors'))) return;
  throw new PilotError('unsafeSource', { reason: `${pickle} holds Python objects` });
}

interface Checked {
  readonly notices: string[];
  readonly problems: PilotError[];
}

const Config = z.looseObject({
  auto_map: z.unknown().optional(),
  quantization_config: z.looseObject({ quant_method: z.string().optional() }).nullish(),
  rope_scaling: z
    .looseObject({ type: z.string().optional(), rope_type: z.string().optional() })
    .nullish(),
  rope_parameters: z.looseObject({ rope_type: z.string().optional() }).nullish(),
  hidden_act: z.string().nullish(),
  use_sliding_window: z.boolean().nullish(),
});

/** The ways to stretch positions that the compiler's tables know; others it would leave out silently. */
const ROPE_TYPES = ['default', 'linear', 'llama3', 'yarn', 'longrope'];

async function checkFolder(folder: string): Promise<Checked> {
  const file = path.join(folder, 'config.json');
  // That it is JSON has been seen by then.
  const parsed = Config.safeParse(JSON.parse(await readFile(file, 'utf8')));
  if (!parsed.success) {
    throw new PilotError('modelInvalid', { file, reason: z.prettifyError(parsed.error) });
  }
  const config = parsed.data;
  const problems: PilotError[] = [];
  const unsupported = (reason: string): void => {
    problems.push(new PilotError('unsupportedModel', { reason }));
  };
  if (config.auto_map !== undefined) {
    const reason = 'its config.json asks for code of its own (auto_map)';
    problems.push(new PilotError('unsafeSource', { reason }));
  }
  if (config.quantization_config) {
    const method = config.quantization_config.quant_method ?? 'in a way of its own';
    unsupported(`its weights are quantized already (${method}); take the original model`);
  }
  const scaling = config.rope_scaling;
  const rope = config.rope_parameters?.rope_type ?? scaling?.rope_type ?? scaling?.type;
  if (rope !== undefined && !ROPE_TYPES.includes(rope)) {
    unsupported(`its positions are scaled by "${rope}"`);
  }
  if ((config.hidden_act ?? 'silu') !== 'silu') {
    unsupported(`its activation is "${config.hidden_act ?? ''}"`);
  }
  if (config.use_sliding_window) unsupported('its attention is a sliding window');
  problems.push(...(await tokenizerProblems(folder)));
  return { problems, notices: await folderNotices(folder) };
}

async function tokenizerProblems(folder: string): Promise<PilotError[]> {
  const file = path.join(folder, 'tokenizer.json');
  const invalid = (reason: string): PilotError[] => [
    new PilotError('modelInvalid', { file, reason }),
  ];
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    const parsed = z.looseObject({ model: z.looseObject({}) }).safeParse(json);
    return parsed.success ? [] : invalid('it describes no tokenizer');
  } catch (error) {
    if (error instanceof SyntaxError) return invalid('it is not JSON');
    return invalid('it is missing, and without it no text becomes tokens');
  }
}

async function folderNotices(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const notices: string[] = [];
  const code = names.filter((name) => name.endsWith('.py'));
  const pickles = names.filter((name) => PICKLE.test(name));
  if (code.length > 0) notices.push(`Code in the model folder is not run: ${code.join(', ')}.`);
  if (pickles.length > 0) {
    notices.push(`Not read, for the safetensors files are: ${pickles.join(', ')}.`);
  }
  return notices;
}

/** As llama.cpp names them; each has its place in python/import_gguf.py. */
const PRE_TOKENIZERS = ['qwen2', 'smollm', 'llama-bpe', 'gpt-2'];

async function checkGguf(file: string): Promise<Checked> {
  const { metadata } = await readGguf(file);
  const problems: PilotError[] = [];
  const unsupported = (reason: string): void => {
    problems.push(new PilotError('unsupportedModel', { reason: `${reason}; ${takeFolder}` }));
  };
  const text = (key: string): string => String(metadata.get(key) ?? 'none');
  const tokenizer = text('tokenizer.ggml.model');
  const pre = text('tokenizer.ggml.pre');
  if (tokenizer !== 'gpt2') unsupported(`its tokenizer is of the kind "${tokenizer}"`);
  else if (!PRE_TOKENIZERS.includes(pre)) unsupported(`its tokenizer splits text by "${pre}"`);
  const scaling = text(`${text('general.architecture')}.rope.scaling.type`);
  if (scaling !== 'none') unsupported(`its positions are scaled by "${scaling}"`);
  return { problems, notices: [] };
}

const takeFolder = 'take its folder from Hugging Face instead';

/** Whole files may still lack layers. */
function weightProblems(file: string, shape: ModelShape, facts: ModelFacts): PilotError[] {
  const found = facts.parameters ?? 0;
  const wanted = parameters(shape);
  // Vectors are on top of that; a tied table may be stored twice.
  const slack = layerParameters(shape) / 2;
  if (found >= wanted - slack / 2) return [];
  const reason = `it has ${found} parameters, and its configuration promises ${wanted}`;
  return [new PilotError('modelInvalid', { file, reason })];
}
