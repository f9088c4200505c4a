/** Tokens of a prompt that may be far too long. */
import type { PromptPiece } from '../models/specialTokens.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelHandle } from '../scheduling/engine.ts';

/** A text that is refused for its size alone is one more that does not fit. */
export async function encodeIfShort(
  model: ModelHandle,
  pieces: readonly PromptPiece[],
): Promise<Int32Array | PilotError> {
  try {
    return await model.encode(pieces);
  } catch (error) {
    if (error instanceof PilotError && error.errorName === 'promptTooLong') return error;
    throw error;
  }
}
