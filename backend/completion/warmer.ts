/** Computes prompts ahead of time: one for each connection, the newest, seldom, and never in the way. */
import type { Clock } from '../scheduling/clock.ts';

export interface WarmerOptions {
  readonly clock: Clock;
  /** Does somebody wait for the device? */
  isBusy(): boolean;
  onError(error: unknown): void;
}

/** Between the starts of two warm-ups of a connection. */
const INTERVAL_MS = 1_000;
/** Times that one is put off because somebody waits, before it is out of date. */
const MAX_TRIES = 10;

interface Entry {
  readonly subject: string;
  readonly stop: AbortController;
  readonly cancelTimer: () => void;
}

export class Warmer {
  readonly #options: WarmerOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #startedAt = new Map<string, number>();

  constructor(options: WarmerOptions) {
    this.#options = options;
  }

  /**
   * Run when it is time, instead of what the connection asked for before.
   * @param subject what it is for, for `cancel`
   */
  ask(owner: string, subject: string, run: (signal: AbortSignal) => Promise<void>): void {
    this.cancel(owner);
    const { clock } = this.#options;
    const readyAt = (this.#startedAt.get(owner) ?? -INTERVAL_MS) + INTERVAL_MS;
    const stop = new AbortController();
    this.#schedule(owner, subject, stop, Math.max(0, readyAt - clock.now()), run, 1);
  }

  /** What the connection wants warmed is out of date. */
  cancel(owner: string, subject?: string): void {
    const entry = this.#entries.get(owner);
    if (entry === undefined || (subject !== undefined && subject !== entry.subject)) return;
    entry.cancelTimer();
    entry.stop.abort();
    this.#entries.delete(owner);
  }

  /** The connection is gone. */
  forget(owner: string): void {
    this.cancel(owner);
    this.#startedAt.delete(owner);
  }

  #schedule(
    owner: string,
    subject: string,
    stop: AbortController,
    delayMs: number,
    run: (signal: AbortSignal) => Promise<void>,
    attempt: number,
  ): void {
    const { clock } = this.#options;
    const cancelTimer = clock.after(delayMs, () => {
      if (this.#options.isBusy()) {
        if (attempt < MAX_TRIES) {
          this.#schedule(owner, subject, stop, INTERVAL_MS, run, attempt + 1);
        } else this.cancel(owner);
        return;
      }
      this.#startedAt.set(owner, clock.now());
      run(stop.signal).catch((error: unknown) => {
        this.#options.onError(error);
      });
    });
    this.#entries.set(owner, { subject, stop, cancelTimer });
  }
}
