/** What a reader should know of how the tokens of an answer are chosen. */
import type { ModelMetadata } from '../devices/device.ts';
import type { Sampling } from '../protocol/generation.ts';
import { notice } from '../protocol/notices.ts';

/**
 * Said when the request itself asks for what the model cannot do; defaults of the product ask for
 * nothing.
 * @param sampling as the request has it
 */
export function samplingNotice(
  { isGreedy }: Pick<ModelMetadata, 'isGreedy'>,
  sampling: Sampling = {},
): string | undefined {
  return isGreedy === true && asksForMore(sampling) ? notice('onlyLikeliest') : undefined;
}

/** At temperature 0 a repetition penalty is all that changes the likeliest token. */
function asksForMore({ repetitionPenalty = 1, ...others }: Sampling): boolean {
  if (repetitionPenalty !== 1) return true;
  return others.temperature !== 0 && Object.values(others).some((value) => value !== undefined);
}
