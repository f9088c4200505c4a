/** Time in the extension, passed in so that tests need not wait. */
import type { Disposable } from 'vscode';

export type Timer = Pick<Disposable, 'dispose'>;

/** Calls back once, after so many ms, unless disposed before. */
export type After = (ms: number, callback: () => void) => Timer;

export interface Clock {
  /** Monotonic, in ms, from any origin. */
  now(): number;
  readonly after: After;
}

export const systemAfter: After = (ms, callback) => {
  const timer = setTimeout(callback, ms);
  return { dispose: () => clearTimeout(timer) };
};

export const systemClock: Clock = { now: () => performance.now(), after: systemAfter };
