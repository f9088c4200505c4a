/** A small model in a loop would fill the whole context with one sentence. */
import { findLoop } from '../models/repetition.ts';

/** Generous enough for a separator line, a table of zeros or a poem's refrain. */
const LIMITS = { minCopies: 6, minLength: 240 };
/** Loops of up to 300 characters are found. */
const TAIL_LENGTH = 1800;
/** Looking after every token would be wasteful. */
const CHECK_INTERVAL = 64;

/** Watches an answer as it comes. */
export class LoopGuard {
  readonly #controller = new AbortController();
  #tail = '';
  #unchecked = 0;

  /** Aborted once the answer repeats itself without end. */
  get looped(): AbortSignal {
    return this.#controller.signal;
  }

  push(text: string): void {
    this.#tail = (this.#tail + text).slice(-TAIL_LENGTH);
    this.#unchecked += text.length;
    if (this.#unchecked < CHECK_INTERVAL) return;
    this.#unchecked = 0;
    if (findLoop(this.#tail, LIMITS) >= 0) this.#controller.abort();
  }
}
