/** Which tokens of a sequence remain when it outgrows the model's context: a pure function. */

/** What remains: the first `head` tokens, and those from `tail` on. All do when these are equal. */
export interface KeptTokens {
  readonly head: number;
  readonly tail: number;
}

/** Of the context, for the beginning of the prompt: it tells what the rest is about. */
const HEAD_SHARE = 1 / 4;

/**
 * A sequence that has reached the context loses the oldest tokens after its beginning, half of the
 * rest at a time, so that what remains is seldom computed again. It goes by lengths alone: a host
 * that goes on with an answer keeps the same tokens as the one that began it.
 * @param promptLength tokens of the prompt
 * @param length of the whole sequence: the prompt and its answer
 * @param context the longest sequence that a slot can hold, at least 1
 * @returns what remains is shorter than the context, where that has more than one token
 */
export function keptTokens(promptLength: number, length: number, context: number): KeptTokens {
  const head = Math.min(promptLength, Math.floor(context * HEAD_SHARE));
  if (length < context) return { head, tail: head };
  const stride = Math.max(1, Math.floor((context - head) / 2));
  const dropped = Math.ceil((length - context + 1) / stride) * stride;
  return { head, tail: Math.min(head + dropped, length - 1) };
}
