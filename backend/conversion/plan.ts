/** `convert/plan`: what a conversion would need and make, and what stands in its way. */
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { freeBytes, type FreeBytes } from '../models/disk.ts';
import { requireAbsolute } from '../models/modelService.ts';
import type { ModelStore } from '../models/store.ts';
import { BuildError, buildOptionsOf } from '../prediction/build.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import { predict } from '../prediction/predict.ts';
import type { ConversionPlan, ConvertParams } from '../protocol/conversion.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { findToolchain, type InstalledToolchain } from '../toolchain/find.ts';
import { diskNeed, memoryNeed } from './needs.ts';
import { countSubModels } from './nets.ts';
import { chooseOptions, optionProblems, type ChosenOptions } from './options.ts';
import { findSource, type ConversionSource } from './source.ts';
import { conversionDigest } from './work.ts';

export interface PlanEdges {
  readonly env: NodeJS.ProcessEnv;
  readonly freeBytes: FreeBytes;
  /** Bytes that programs may still take. */
  readonly freeMemory: () => number;
}

export const defaultPlanEdges = (env: NodeJS.ProcessEnv): PlanEdges => ({
  env,
  freeBytes,
  freeMemory: () => process.availableMemory(),
});

/** All that is known of a conversion before it begins. */
export interface PreparedConversion {
  readonly source: ConversionSource;
  readonly options: ChosenOptions;
  readonly prediction: Prediction;
  readonly place: InstalledToolchain | undefined;
  /** Absolute: of the work folder, and of the result when it is not in the store. */
  readonly work: string;
  readonly out: string | undefined;
  readonly digest: string;
  /** The model that the same conversion has made before. */
  readonly existing: ModelInfo | undefined;
  readonly disk: { neededBytes: number; freeBytes: number };
  readonly memory: { neededBytes: number; freeBytes: number };
  readonly problems: readonly PilotError[];
}

/** @throws PilotError sourceInvalid, modelInvalid, unsupportedModel, unsafeSource, homeNotWritable */
export async function prepareConversion(
  store: ModelStore,
  { source: given, out, alias, options: asked }: ConvertParams,
  edges: PlanEdges,
): Promise<PreparedConversion> {
  if (out !== undefined) requireAbsolute(out);
  const source = await findSource(store, given);
  const { shape } = source;
  const options = chooseOptions(shape, asked);
  const problems = [...source.problems];
  for (const reason of optionProblems(shape, options)) {
    problems.push(new PilotError('conversionOptions', { reason }));
  }
  const keep = (error: unknown): undefined => {
    if (!(error instanceof PilotError)) throw error;
    problems.push(error);
  };
  const place = await findToolchain(store.home, edges.env).catch(keep);
  const digest = conversionDigest(source, options, place?.versions ?? []);
  const work = workPath(store.home, digest, out);
  if (out !== undefined && (await lstat(out).catch(() => undefined))) {
    problems.push(new PilotError('outputExists', { path: out }));
  }
  const existing = await store.findBySource(digest);
  if (alias !== undefined) await store.requireFreeAlias(alias, existing?.id).catch(keep);

  const disk = {
    neededBytes: diskNeed(shape, options, source.format === 'gguf') - (await sizeOf(work)),
    freeBytes: await edges.freeBytes(await existingFolder(path.dirname(work))),
  };
  const memory = { neededBytes: memoryNeed(shape), freeBytes: edges.freeMemory() };
  if (disk.freeBytes < disk.neededBytes) {
    const details = { path: path.dirname(work), free: disk.freeBytes, needed: disk.neededBytes };
    problems.push(new PilotError('diskFull', details));
  }
  if (memory.freeBytes < memory.neededBytes) {
    const details = { free: memory.freeBytes, needed: memory.neededBytes };
    problems.push(new PilotError('memoryShort', details));
  }
  const prediction = predictBuild(shape, options);
  return {
    ...{ source, options, prediction, place, work, out },
    ...{ digest, existing, disk, memory, problems },
  };
}

export function describePlan(prepared: PreparedConversion): ConversionPlan {
  const { source, options, prediction, disk, memory, problems } = prepared;
  const { shape } = source;
  return {
    source: {
      path: source.path,
      format: source.format,
      architecture: shape.architecture,
      layers: shape.layers,
    },
    options,
    prediction,
    disk,
    memory,
    subModels: countSubModels(shape, options),
    problems: problems.map(({ code, message, data }) => ({ code, message, remedy: data.remedy })),
  };
}

function workPath(home: string, digest: string, out: string | undefined): string {
  // Beside the result, for a rename on one file system.
  if (out !== undefined) return `${path.resolve(out)}.converting`;
  return path.join(homePaths(home).conversions, digest.slice(0, 16));
}

/** Of options that cannot be built, what can be said: the same model in 16 bits. */
function predictBuild(shape: ModelShape, options: ChosenOptions): Prediction {
  try {
    return predict(shape, buildOptionsOf(options));
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    return predict(shape, { quantization: 'bf16' });
  }
}

/** The nearest folder above that is there: the one that will be made is on its file system. */
async function existingFolder(folder: string): Promise<string> {
  try {
    await readdir(folder);
    return folder;
  } catch {
    const parent = path.dirname(folder);
    return parent === folder ? folder : existingFolder(parent);
  }
}

/** Bytes of a folder's files; 0 when there is none. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const found = await lstat(path.join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
  }
  return bytes;
}
