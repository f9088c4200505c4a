/** The quick prediction: by formula, from dimensions alone. */
import { PilotError } from '../protocol/errors.ts';
import type { Prediction } from '../protocol/prediction.ts';
import { BuildError, type BuildOptions } from './build.ts';
import { predict } from './predict.ts';
import { readShape } from './readShape.ts';

/**
 * @param source path of a folder with a config.json, of the config.json or of a GGUF file
 * @throws PilotError configInvalid when an option does not go with the model, and readShape's
 */
export async function estimate(source: string, options: BuildOptions): Promise<Prediction> {
  const shape = await readShape(source);
  try {
    return predict(shape, options);
  } catch (cause) {
    if (!(cause instanceof BuildError)) throw cause;
    throw new PilotError('configInvalid', { reason: cause.message }, { cause });
  }
}
