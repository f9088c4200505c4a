/** The prediction from the compiler's own schedule: one layer is compiled, never the whole model. */
import { BuildError, chooseBuild, type Build, type BuildOptions } from '../prediction/build.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import { predictWith } from '../prediction/predict.ts';
import { readShape } from '../prediction/readShape.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { compiledFigures } from './compiledFigures.ts';
import { compileNets, type CompileControl, type CompileEdges } from './compileNets.ts';
import { jobsOf, netsOf } from './nets.ts';

/**
 * Minutes when its nets have never been compiled, else at once.
 * @param source path of a folder with a config.json, of the config.json or of a GGUF file
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
  const shape = await readShape(source);
  const build = requireCompilable(shape, options);
  const nets = netsOf(shape, build);
  const compiled = await compileNets(home, jobsOf(nets), control, edges);
  const prediction = predictWith(shape, build, compiledFigures(shape, build, nets, compiled));
  return { ...prediction, compiler: compiled.version };
}

function requireCompilable(shape: ModelShape, options: BuildOptions): Build {
  try {
    const build = chooseBuild(shape, options);
    if (build.slots > 1) throw new BuildError('the compiler knows one slot only; estimate it');
    if (build.devices > 1) throw new BuildError('one chip only can be compiled for; estimate it');
    return build;
  } catch (cause) {
    if (!(cause instanceof BuildError)) throw cause;
    throw new PilotError('configInvalid', { reason: cause.message }, { cause });
  }
}
