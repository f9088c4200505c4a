/**
 * Latencies as counts in fixed classes. Unlike the digests of the libraries looked at, such counts
 * of several windows and days add up exactly, and their size is bounded.
 */

/** Upper bounds in ms, each a tenth above the one before: 10 ms to 10.5 s in 74 classes. */
const BOUNDS: readonly number[] = Array.from({ length: 74 }, (_, i) => 10 * 1.1 ** i);

/** One class more, for what is slower than the last bound. */
export const LATENCY_CLASSES = BOUNDS.length + 1;

/** The class of a latency in ms. */
export function latencyClass(ms: number): number {
  const found = BOUNDS.findIndex((bound) => ms <= bound);
  return found === -1 ? BOUNDS.length : found;
}

/** Adds two counts by class; either may be shorter, as empty classes at the end are left out. */
export function addCounts(a: readonly number[], b: readonly number[]): number[] {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, i) => (a[i] ?? 0) + (b[i] ?? 0));
}

/**
 * The bound in ms that `share` (0 to 1) of the latencies don't exceed, so at most a tenth too high;
 * undefined without any.
 */
export function percentile(counts: readonly number[], share: number): number | undefined {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const wanted = Math.max(1, Math.ceil(total * share));
  let seen = 0;
  const index = counts.findIndex((count) => (seen += count) >= wanted);
  return BOUNDS[Math.min(index, BOUNDS.length - 1)];
}
