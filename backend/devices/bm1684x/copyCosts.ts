/** What copies of KV between the chip and the host cost, as they turn out. Pure. */

/** Copies, and what they took together. */
export interface Copied {
  readonly bytes: number;
  readonly ms: number;
}

/** Weight of the newest. */
const NEWEST = 0.2;
/** What a figure that nobody measured is worth: as much as one such copy. */
const UNMEASURED_MS = 20;

export function unmeasured(bytesPerMs: number): Copied {
  return { bytes: bytesPerMs * UNMEASURED_MS, ms: UNMEASURED_MS };
}

/**
 * Newer copies count for more, and larger ones too: a small one takes the time of its calls, not of
 * its bytes.
 */
export function averaged(before: Copied | undefined, newest: Copied): Copied | undefined {
  if (!(newest.bytes > 0 && newest.ms > 0)) return before;
  if (before === undefined) return newest;
  return {
    bytes: before.bytes + NEWEST * (newest.bytes - before.bytes),
    ms: before.ms + NEWEST * (newest.ms - before.ms),
  };
}
