/** The prediction from the compiler's own schedule: one layer is compiled, never the whole model. */
import { stat } from 'node:fs/promises';
import {
  BuildError,
  buildOptionsOf,
  chooseBuild,
  type Build,
  type BuildOptions,
} from '../prediction/build.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import { estimate } from '../prediction/estimate.ts';
import { predictWith } from '../prediction/predict.ts';
import { readShape } from '../prediction/readShape.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { compiledFigures } from './compiledFigures.ts';
import { compileNets, type CompileControl, type CompileEdges } from './compileNets.ts';
import { keptFigures, readConverted } from './convertedFolder.ts';
import { jobsOf, netsOf } from './nets.ts';

/**
 * The quick prediction, of a converted folder as well.
 * @throws PilotError as estimate
 */
export async function predictEstimated(source: string, options: BuildOptions): Promise<Prediction> {
  const resolved = await resolveSource(source, options);
  return estimate(resolved.file, resolved.options);
}

/**
 * Minutes when its nets have never been compiled, else at once.
 * @param source path of a folder with a config.json, of the config.json, of a GGUF file or of a
 * converted folder
 * @throws PilotError configInvalid for options that do not go with the model or cannot be compiled
 * alone; what readShape and compileNets throw
 */
export async function predictCompiled(
  home: string,
  source: string,
  options: BuildOptions,
  control: CompileControl,
  edges: CompileEdges,
): Promise<Prediction> {
  const { file, options: asked, folder } = await resolveSource(source, options);
  const shape = await readShape(file);
  const build = requireCompilable(shape, asked);
  const nets = netsOf(shape, build);
  const jobs = jobsOf(nets);
  const kept = folder === undefined ? [] : await keptFigures(folder, jobs, shape, build);
  const compiled = await compileNets(home, jobs, control, edges, kept);
  const prediction = predictWith(shape, build, compiledFigures(shape, build, nets, compiled));
  return { ...prediction, compiler: compiled.version };
}

/**
 * From the compiler's schedule where there is a compiler that knows such a build; else by formula,
 * with a notice that says why.
 * @throws PilotError as predictCompiled, but not toolchainMissing
 */
export async function predictBest(
  home: string,
  source: string,
  options: BuildOptions,
  control: CompileControl,
  edges: CompileEdges,
): Promise<Prediction> {
  const estimated = await predictEstimated(source, options);
  const reason = whyNotCompiled(estimated.build);
  try {
    if (reason === undefined) return await predictCompiled(home, source, options, control, edges);
    control.onNotice(`This is estimated, for ${reason}.`);
  } catch (error) {
    if (!(error instanceof PilotError) || error.errorName !== 'toolchainMissing') throw error;
    control.onNotice('This is estimated, for the compiler is not installed.');
  }
  return estimated;
}

/** What a converted folder was made of and with; what is asked for goes before that. */
async function resolveSource(
  source: string,
  options: BuildOptions,
): Promise<{ file: string; options: BuildOptions; folder?: string }> {
  const converted = await readConverted(source);
  if (converted) {
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const merged = { ...buildOptionsOf(converted.options), ...Object.fromEntries(given) };
    return { file: converted.source, options: merged, folder: converted.folder };
  }
  const isFolder = (await stat(source).catch(() => undefined))?.isDirectory();
  return { file: source, options, ...(isFolder && { folder: source }) };
}

function whyNotCompiled({ slots, devices }: Pick<Build, 'slots' | 'devices'>): string | undefined {
  if (slots > 1) return 'the compiler knows one slot only';
  if (devices > 1) return 'it can be compiled for one chip only';
  return undefined;
}

function requireCompilable(shape: ModelShape, options: BuildOptions): Build {
  try {
    const build = chooseBuild(shape, options);
    const reason = whyNotCompiled(build);
    if (reason !== undefined) throw new BuildError(`it can only be estimated, for ${reason}`);
    return build;
  } catch (cause) {
    if (!(cause instanceof BuildError)) throw cause;
    throw new PilotError('configInvalid', { reason: cause.message }, { cause });
  }
}
