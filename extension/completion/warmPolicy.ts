/** When to have a prompt computed ahead: where somebody is likely to type, and not too often. */

/** A prompt takes a small device a second or more: one at a time is enough. */
const GAP_MS = 2000;

export interface WarmState {
  /** What was warmed or asked last, see `Place.key`. */
  readonly lastKey: string | undefined;
  /** When it was warmed, in ms. */
  readonly lastAt: number;
}

export const coldState: WarmState = { lastKey: undefined, lastAt: -Infinity };

export interface WarmQuestion {
  /** Document, position and context: with the same key the device has computed it already. */
  readonly key: string;
  readonly now: number;
  /** The window has the focus: nobody types into another. */
  readonly focused: boolean;
}

export type WarmAnswer =
  | { readonly kind: 'now' }
  | { readonly kind: 'later'; readonly ms: number }
  | { readonly kind: 'no' };

export function decideWarm({ lastKey, lastAt }: WarmState, question: WarmQuestion): WarmAnswer {
  if (!question.focused || question.key === lastKey) return { kind: 'no' };
  const left = lastAt + GAP_MS - question.now;
  return left > 0 ? { kind: 'later', ms: left } : { kind: 'now' };
}

/** A request was made or a prompt warmed: the device has it. */
export function afterWarming(state: WarmState, key: string, at?: number): WarmState {
  return { lastKey: key, lastAt: at ?? state.lastAt };
}
