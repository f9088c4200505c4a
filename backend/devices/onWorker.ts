/** Native functions that take long, as promises. */
import type { Slow } from './llama.ts';

/** Runs the function on a worker thread, so that the event loop goes on. */
export function onWorker<A extends readonly unknown[], R>(
  native: Pick<Slow<A, R>, 'async'>,
): (...args: A) => Promise<R> {
  return (...args) =>
    new Promise((resolve, reject) => {
      native.async(...args, (error, result) => {
        if (error instanceof Error) reject(error);
        else resolve(result);
      });
    });
}
