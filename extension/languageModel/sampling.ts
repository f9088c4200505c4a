/** Options that extensions pass with a request, by the names most models know. */
import * as z from 'zod';
import { Sampling } from '../../backend/protocol/generation.ts';

const ModelOptions = z.object({
  temperature: Sampling.shape.temperature.catch(undefined),
  top_p: Sampling.shape.topP.catch(undefined),
  seed: Sampling.shape.seed.catch(undefined),
});

/** Undefined when there are none: the backend has defaults. What is not valid is ignored. */
export function samplingOf(modelOptions: unknown): Sampling | undefined {
  const { data } = ModelOptions.safeParse(modelOptions);
  if (!data) return undefined;
  const { temperature, top_p: topP, seed } = data;
  const sampling = {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(seed !== undefined && { seed }),
  };
  return Object.keys(sampling).length > 0 ? sampling : undefined;
}
