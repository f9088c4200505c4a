/** Trying again, with growing pauses, what the network may do better the next time. */
import { setTimeout as delay } from 'node:timers/promises';
import { FetchError } from './http.ts';

/** Failures in a row, without any progress between them, before giving up. */
const MAX_FAILURES = 5;
const BASE_MS = 500;
const MAX_MS = 20_000;
/** A server that asks for more patience than this is as good as down. */
const MAX_RETRY_AFTER_MS = 60_000;

export interface RetryEdges {
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Between 0 and 1. */
  readonly random: () => number;
}

export const retryEdges: RetryEdges = {
  sleep: (ms, signal) => delay(ms, undefined, { signal }),
  random: Math.random,
};

/** Pause in ms after the n-th failure (from 1): doubling, and spread so that clients part ways. */
export function retryDelay(
  failures: number,
  random: number,
  retryAfterMs: number | undefined,
): number {
  const backOff = Math.min(BASE_MS * 2 ** (failures - 1), MAX_MS);
  return Math.max(backOff * (0.5 + random / 2), Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

export interface RetryOptions {
  readonly signal: AbortSignal;
  readonly edges: RetryEdges;
  /** True when the failed attempt got somewhere; the count of failures then starts again. */
  readonly progressed?: () => boolean;
}

/** @throws what `work` threw last; the signal's reason when it aborts during a pause */
export async function withRetries<T>(
  work: () => Promise<T>,
  { signal, edges, progressed }: RetryOptions,
): Promise<T> {
  for (let failures = 0; ;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof FetchError) || !error.retryable) throw error;
      failures = progressed?.() ? 1 : failures + 1;
      if (failures >= MAX_FAILURES) throw error;
      await edges.sleep(retryDelay(failures, edges.random(), error.retryAfterMs), signal);
    }
  }
}
