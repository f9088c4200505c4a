/** One running generation of a suggestion, and the requests that wait for it. */
import { withoutTakenEnd } from './healing.ts';
import { isComplete, toSuggestion, type SuggestionContext } from './postProcess.ts';
import type { GenerationOutcome } from '../scheduling/engine.ts';
import type { Timings } from '../protocol/generation.ts';

/** How a wait for a flight ends. */
export type Landing =
  /** With the suggestion at the flight's cursor. */
  | { kind: 'landed'; text: string; timings: Timings }
  /** What was typed is not what the model writes. */
  | { kind: 'parted' }
  /** A later request made this one worthless. */
  | { kind: 'superseded' }
  /** The waiting request was cancelled. */
  | { kind: 'left' };

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

export class Flight {
  readonly #waiters = new Set<Waiter>();
  readonly #stop = new AbortController();
  #hasEnough = false;
  #isOver = false;
  #written: string;

  /**
   * @param onFinished told the suggestion when the model, not the clock, has ended it
   * @param written what an earlier flight in the same context wrote before it was stopped
   */
  constructor(
    readonly context: SuggestionContext,
    generate: Generate,
    private readonly onFinished: (text: string) => void,
    written = '',
  ) {
    this.#written = written;
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
    return this.#isOver || (this.#stop.signal.aborted && !this.#hasEnough);
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
    this.#written += text;
    for (const waiter of this.#waiters) {
      if (!this.agreesWith(waiter.typed)) this.#dismiss(waiter, { kind: 'parted' });
    }
    if (!isComplete(this.#written, this.context)) return;
    this.#hasEnough = true;
    this.#stop.abort();
  }

  #land({ finishReason, timings }: GenerationOutcome): void {
    const natural = this.#hasEnough || finishReason === 'stop';
    const text = toSuggestion(this.#written, this.context, natural ? 'natural' : 'cut short');
    this.#settleAll((waiter) => waiter.settle({ kind: 'landed', text, timings }));
    if (natural || finishReason === 'length') this.onFinished(text);
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
