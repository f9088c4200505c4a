/** How fast a queue moves, for telling those it refuses when to come again. */

/** Before anything was measured. */
const FIRST_GUESS_MS = 1000;
const SHORTEST_MS = 100;
const LONGEST_MS = 60_000;
/** Weight of the newest interval in the running mean. */
const NEWEST = 0.2;

export class TakeRate {
  #intervalMs = FIRST_GUESS_MS;
  #lastTakeAt: number | undefined;
  /** Refused ones who have been promised places that are not free yet. */
  #promised = 0;

  /** An item left the queue while others waited: an interval that says how fast it moves. */
  onTake(now: number, othersWait: boolean): void {
    this.#promised = Math.max(0, this.#promised - 1);
    if (this.#lastTakeAt !== undefined) {
      const interval = now - this.#lastTakeAt;
      this.#intervalMs += NEWEST * (interval - this.#intervalMs);
    }
    // The time until the next take measures the queue only if somebody waits through it.
    this.#lastTakeAt = othersWait ? now : undefined;
  }

  /**
   * When one who is refused should come again, in ms. Each gets a later time than the one before,
   * or all would come back in the same moment for the same place.
   */
  retryAfterMs(): number {
    this.#promised++;
    const wait = this.#intervalMs * this.#promised;
    return Math.round(Math.min(LONGEST_MS, Math.max(SHORTEST_MS, wait)));
  }
}
