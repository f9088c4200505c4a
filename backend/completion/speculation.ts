/** The suggestion that follows the one on the screen, computed while the person reads. */
import type { Clock } from '../scheduling/clock.ts';
import { afterInserting, type Cursor } from './cursor.ts';
import type { Flight } from './flight.ts';
import type { SuggestionContext } from './postProcess.ts';
import { typedSince } from './typedThrough.ts';

/**
 * For how long a suggestion must have been on the screen. Between two keys of somebody who types lie
 * 100 to 300 ms, and what he types disagrees with most suggestions; reading one takes longer.
 */
export const SPECULATE_AFTER_MS = 400;

/** A suggestion as it was given out. */
export interface Given {
  readonly context: SuggestionContext;
  /** With LF line ends. */
  readonly text: string;
}

/** The context behind a suggestion that has been accepted: what is left of its line, or the next. */
function contextBehind({ context, text }: Given): SuggestionContext {
  return { ...context, cursor: afterInserting(context.cursor, text), shape: 'next', taken: '' };
}

export class Speculation {
  readonly #clock: Clock;
  #given: Given | undefined;
  #ahead: SuggestionContext | undefined;
  #flight: Flight | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A suggestion is on the screen: go on behind it, unless that is done or under way. */
  plan(given: Given, start: (context: SuggestionContext) => Flight): void {
    const ahead = contextBehind(given);
    const isSame = this.#ahead !== undefined && samePlace(this.#ahead.cursor, ahead.cursor);
    this.#given = given;
    if (isSame && this.#flight !== undefined) return;
    this.cancel();
    this.#given = given;
    this.#ahead = ahead;
    this.#cancelTimer = this.#clock.after(SPECULATE_AFTER_MS, () => {
      this.#flight = start(ahead);
    });
  }

  /** The document is asked about there: what does not lead to it is stopped. */
  onRequest(cursor: Cursor): void {
    if (!this.#leadsTo(cursor)) this.cancel();
  }

  /** Will what is under way tell what follows at that cursor? */
  reaches(cursor: Cursor): boolean {
    if (this.#ahead === undefined || this.#flight?.over !== false) return false;
    const typed = typedSince(this.#ahead.cursor, cursor);
    return typed !== undefined && this.#flight.agreesWith(typed.text);
  }

  /** Gives up the flight that is under way, to be continued for a request that waits. */
  take(): Flight | undefined {
    const flight = this.#flight?.over === true ? undefined : this.#flight;
    this.cancel();
    return flight;
  }

  cancel(): void {
    this.#cancelTimer?.();
    this.#flight?.supersede();
    this.#cancelTimer = undefined;
    this.#flight = undefined;
    this.#ahead = undefined;
    this.#given = undefined;
  }

  #leadsTo(cursor: Cursor): boolean {
    if (this.#given === undefined || this.#ahead === undefined) return false;
    const behind = typedSince(this.#ahead.cursor, cursor);
    if (behind) return this.#flight?.agreesWith(behind.text) ?? behind.text === '';
    const typed = typedSince(this.#given.context.cursor, cursor);
    return typed !== undefined && this.#given.text.startsWith(typed.text);
  }
}

function samePlace(a: Cursor, b: Cursor): boolean {
  const typed = typedSince(a, b);
  return typed?.text === '' && typed.closers === '';
}
