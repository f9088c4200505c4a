/** Greedy choice, and whether logits are fit for any. */

/**
 * The index of the largest logit, or -1 when one of them is not a number. The library's samplers
 * sort and assert: a NaN would end the process.
 */
export function largest(logits: Float32Array): number {
  let best = -Infinity;
  let at = -1;
  for (let i = 0; i < logits.length; i++) {
    const logit = logits[i] ?? NaN;
    // False for a NaN too, and that saves half of the comparisons.
    if (logit <= best) continue;
    if (Number.isNaN(logit)) return -1;
    best = logit;
    at = i;
  }
  return at;
}
