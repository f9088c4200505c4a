/** A limit on a rate that allows bursts. */

export interface BucketOptions {
  /** Events a second in the long run. */
  readonly perSecond: number;
  /** Events at once after a pause. */
  readonly burst: number;
}

export class TokenBucket {
  readonly #options: BucketOptions;
  readonly #now: () => number;
  #level: number;
  #filledAt: number;

  /** @param now monotonic, in ms */
  constructor(options: BucketOptions, now: () => number = () => performance.now()) {
    this.#options = options;
    this.#now = now;
    this.#level = options.burst;
    this.#filledAt = now();
  }

  /** Counts one event. 0: it is within the limit; else the ms until the next one will be. */
  take(): number {
    const { perSecond, burst } = this.#options;
    const now = this.#now();
    this.#level = Math.min(burst, this.#level + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    if (this.#level < 1) return Math.ceil(((1 - this.#level) * 1000) / perSecond);
    this.#level -= 1;
    return 0;
  }
}
