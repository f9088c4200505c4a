/** How much host memory the parked conversations of one model may take: a pure function. */

const LEAST_BYTES = 512 * 2 ** 20;
/** 14 000 tokens of an 8B model, in 16 bits. */
const MOST_BYTES = 2 * 2 ** 30;
const SHARE = 1 / 16;

/** @param memoryBytes of the machine */
export function parkBudget(memoryBytes: number): number {
  return Math.min(Math.max(LEAST_BYTES, memoryBytes * SHARE), MOST_BYTES);
}
