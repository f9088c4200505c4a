/** A model folder that a conversion has made: what it was asked for, and what its compiler left. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readBmodel, type Bmodel } from '../formats/bmodel.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { bytesPerWeight, type Build } from '../prediction/build.ts';
import { layerParameters, type ModelShape } from '../prediction/modelShape.ts';
import { ConversionOptions } from '../protocol/conversion.ts';
import { figuresOf, type NetFigures } from './netFigures.ts';
import type { NetJob } from './nets.ts';

const Manifest = z.looseObject({
  conversion: z.looseObject({
    source: z.looseObject({ path: z.string() }),
    options: ConversionOptions,
  }),
});

export interface ConvertedFolder {
  readonly folder: string;
  /** Path of what it was made of, which has its dimensions. */
  readonly source: string;
  readonly options: ConversionOptions;
}

/** Undefined for anything else. */
export async function readConverted(given: string): Promise<ConvertedFolder | undefined> {
  const folder = given.endsWith('.bmodel') ? path.dirname(given) : given;
  try {
    const text = await readFile(path.join(folder, 'manifest.json'), 'utf8');
    const { source, options } = Manifest.parse(JSON.parse(text)).conversion;
    const own = ['config.json', 'config/config.json'].map((name) => path.join(folder, name));
    const found = await Promise.all(own.map((file) => stat(file).catch(() => undefined)));
    return { folder, options, source: own.find((_, n) => found[n]?.isFile()) ?? source.path };
  } catch {
    return undefined;
  }
}

/** The compiler's own work folders lie in a folder beside or below the model. */
const DEEPEST = 2;
const PROFILE = 'compiler_profile_0.txt';

/**
 * What a compiler that was told to keep its schedules says of the nets of a folder's first layer.
 * Nothing when one of them is missing or not of this shape and build: they share their weights,
 * which those compiled here would not.
 */
export async function keptFigures(
  folder: string,
  jobs: readonly NetJob[],
  shape: ModelShape,
  build: Build,
): Promise<(readonly [NetJob, NetFigures])[]> {
  const real = jobs.filter(({ isReal, description }) => isReal && description.part === 'layer');
  const kept = new Map<NetJob, NetFigures>();
  for (const own of await profileFolders(folder, DEEPEST)) {
    const net = path.basename(own);
    const job = real.find((one) => one.net === net);
    if (!job) continue;
    try {
      const bmodel = await readBmodel(path.join(own, `${net}.bmodel`));
      if (!isOf(bmodel, job, shape, build)) continue;
      kept.set(job, figuresOf(await readFile(path.join(own, PROFILE), 'utf8'), bmodel));
    } catch (error) {
      // Left by a compiler that was stopped; the net is compiled again.
      if (!(error instanceof FormatError) && !isMissing(error)) throw error;
    }
  }
  return kept.size === real.length ? [...kept] : [];
}

async function profileFolders(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below = entries.filter((entry) => entry.isDirectory() && depth > 0);
  const found = await Promise.all(
    below.map(({ name }) => profileFolders(path.join(folder, name), depth - 1)),
  );
  return [...(entries.some(({ name }) => name === PROFILE) ? [folder] : []), ...found.flat()];
}

/** Same widths, lengths and bits of a weight; the share of the vectors is under a hundredth. */
function isOf(
  { nets, memory }: Bmodel,
  { net, description }: NetJob,
  shape: ModelShape,
  build: Build,
): boolean {
  const inputs = nets[0]?.stages[0]?.inputs ?? [];
  const [states, history] = ['input_states', 'history_k'].map((name) =>
    inputs.find((input) => input.name === name),
  );
  const isDecode = net.startsWith('block_cache');
  const tokens = isDecode ? 1 : description.inputLength;
  const { quantization } = description;
  const weights = layerParameters(shape) * bytesPerWeight({ ...build, quantization });
  const type = quantization.endsWith('bf16') ? 'bf16' : 'f16';
  return (
    states?.dtype === type &&
    isSame(states.shape, [1, tokens, shape.hiddenSize]) &&
    (net !== 'block_cache_0' ||
      isSame(history?.shape, [1, build.sequenceLength, shape.kvHeads, shape.headSize])) &&
    memory.weights >= weights &&
    memory.weights < 1.25 * weights + 4_000_000
  );
}

function isSame(shape: readonly number[] | undefined, wanted: readonly number[]): boolean {
  return JSON.stringify(shape) === JSON.stringify(wanted);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
