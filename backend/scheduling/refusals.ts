/** Which of several devices' errors a person needs to see. */
import type { PilotError } from '../protocol/errors.ts';

/** Why one device does not have a model. */
export interface Refusal {
  /** Driver of the device: `cpu`, `bm1684x`. */
  readonly kind: string;
  readonly error: PilotError;
}

/**
 * A device that is not made for a kind of model says so for every such model. What the others say,
 * such as too little memory or a missing library, is what stands in the way; of several that agree,
 * the device that is meant for the file.
 * @param path the model's file or folder
 */
export function mostHelpful(path: string, refusals: readonly Refusal[]): PilotError | undefined {
  const isForCpu = /\.gguf$/iu.test(path);
  const rank = ({ kind, error }: Refusal): number =>
    (error.errorName === 'unsupportedModel' ? 2 : 0) + ((kind === 'cpu') === isForCpu ? 0 : 1);
  return [...refusals].sort((a, b) => rank(a) - rank(b))[0]?.error;
}
