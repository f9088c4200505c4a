/** One running generation of a suggestion, and the requests that wait for it. */
import { withoutTakenEnd } from './healing.ts';
import {
  isComplete,
  toSuggestion,
  type MadeSuggestion,
  type SuggestionContext,
} from './postProcess.ts';
import type { GenerationOutcome } from '../scheduling/engine.ts';
import type { Timings } from '../protocol/generation.ts';

/** How a wait for a flight ends. */
export type Landing =
  /** With the suggestion at the flight's cursor. */
  | (FlightResult & { kind: 'landed'; timings: Timings })
  /** What was typed is not what the model writes. */
  | { kind: 'parted' }
  /** A later request made this one worthless. */
  | { kind: 'superseded' }
  /** The waiting request was cancelled. */
  | { kind: 'left' };

export interface FlightResult {
  readonly made: MadeSuggestion;
  readonly ending: FlightEnding;
}

/**
 * `itself`: the model ended it, or wrote on where it is not wanted; `limit`: it may not be longer;
 * `deadline`: out of time.
 */
export type FlightEnding = 'itself' | 'limit' | 'deadline';

interface Waiter {
  readonly typed: string;
  settle(landing: Landing): void;
  reject(error: unknown): void;
}

/** Asks the device; given the text as it comes and the signal that ends the flight. */
export type Generate = (
  onText: (text: string) => void,
  signal: AbortSignal,
) => Promise<GenerationOutcome>;

export interface FlightOptions {
  /** What an earlier flight in the same context wrote before it was stopped. */
  readonly written?: string;
  /** For how long after the first text it may write more than one line, in ms. */
  readonly budgetMs?: number | undefined;
  readonly now: () => number;
  /** Told the suggestion when the clock has not ended it too early. */
  onFinished(result: FlightResult): void;
}

export class Flight {
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  readonly #options: FlightOptions;
  /** Why it was stopped with a suggestion. */
  #enough: 'itself' | 'limit' | undefined;
  #isOver = false;
  #written: string;
  #firstTextAt: number | undefined;

  constructor(
    readonly context: SuggestionContext,
    generate: Generate,
    options: FlightOptions,
  ) {
    this.#options = options;
    this.#written = options.written ?? '';
    void generate((text) => this.#grow(text), this.#stop.signal).then(
      (outcome) => this.#land(outcome),
      (error: unknown) => this.#fail(error),
    );
  }

  /** All the model has written in this context. */
  get written(): string {
    return this.#written;
  }

  /** Nobody may join any more: stopped, failed or landed. */
  get over(): boolean {
    return this.#isOver || (this.#stop.signal.aborted && this.#enough === undefined);
  }

  /** The device has written all there will be. */
  get complete(): boolean {
    return this.#enough !== undefined;
  }

  /** Of what is written, what fits at the cursor; see `withoutTakenEnd`. */
  get text(): string | undefined {
    return withoutTakenEnd(this.#written, this.context.taken);
  }

  /** May the text typed since the flight's start still be the beginning of its suggestion? */
  agreesWith(typed: string): boolean {
    if (typed === '') return true;
    const { text } = this;
    return text !== undefined && (text.startsWith(typed) || typed.startsWith(text));
  }

  /**
   * Wait for the suggestion. The device is stopped when nobody waits any more.
   * @throws PilotError those of `Engine.generate`
   */
  join(typed: string, signal: AbortSignal): Promise<Landing> {
    return new Promise((resolve, reject) => {
      const leave = (): void => this.#dismiss(waiter, { kind: 'left' });
      const done = (): void => signal.removeEventListener('abort', leave);
      const waiter: Waiter = {
        typed,
        settle: (landing) => {
          done();
          resolve(landing);
        },
        reject: (error) => {
          done();
          reject(error instanceof Error ? error : new Error(String(error)));
        },
      };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', leave);
      if (signal.aborted) leave();
    });
  }

  supersede(): void {
    for (const waiter of this.#waiters) this.#dismiss(waiter, { kind: 'superseded' });
    this.#stop.abort();
  }

  #dismiss(waiter: Waiter, landing: Landing): void {
    this.#waiters.delete(waiter);
    waiter.settle(landing);
    if (this.#waiters.size === 0) this.#stop.abort();
  }

  #grow(text: string): void {
    if (this.#stop.signal.aborted) return;
    this.#firstTextAt ??= this.#options.now();
    this.#written += text;
    for (const waiter of this.#waiters) {
      if (!this.agreesWith(waiter.typed)) this.#dismiss(waiter, { kind: 'parted' });
    }
    if (isComplete(this.#written, this.context)) this.#enough = 'itself';
    else if (this.#isPastBudget(this.#firstTextAt)) this.#enough = 'limit';
    if (this.#enough !== undefined) this.#stop.abort();
  }

  /** A first line is always finished: half a line is of no use, and little is missing. */
  #isPastBudget(firstTextAt: number): boolean {
    const { budgetMs, now } = this.#options;
    const hasLine = this.text?.trimStart().includes('\n') === true;
    return budgetMs !== undefined && hasLine && now() - firstTextAt >= budgetMs;
  }

  #land({ finishReason, timings }: GenerationOutcome): void {
    const ending = this.#enough ?? endingOf(finishReason);
    const made = toSuggestion(
      this.#written,
      this.context,
      ending === 'itself' ? 'natural' : 'cut short',
    );
    this.#settleAll((waiter) => {
      waiter.settle({ kind: 'landed', made, ending: ending ?? 'deadline', timings });
    });
    if (ending === 'itself' || ending === 'limit') this.#options.onFinished({ made, ending });
  }

  #fail(error: unknown): void {
    this.#settleAll((waiter) => waiter.reject(error));
  }

  #settleAll(settle: (waiter: Waiter) => void): void {
    this.#isOver = true;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) settle(waiter);
  }
}

/** Undefined for one that was stopped for nobody's sake. */
function endingOf(reason: GenerationOutcome['finishReason']): FlightEnding | undefined {
  switch (reason) {
    case 'stop':
      return 'itself';
    case 'length':
      return 'limit';
    case 'deadline':
      return 'deadline';
    case 'cancelled':
      return undefined;
  }
}
