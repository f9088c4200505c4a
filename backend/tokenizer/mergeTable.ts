/** Which pairs of tokens join, and in what order: a hash table in three flat arrays. */

/** Two tokens become `merged`; of several possible merges the one of the lowest rank comes first. */
export interface Merge {
  readonly left: number;
  readonly right: number;
  readonly merged: number;
}

const EMPTY = -1;

export class MergeTable {
  /** left, right, rank, merged of each place. */
  readonly #places: Int32Array;
  readonly #mask: number;

  /** @param merges by rank; of a pair that occurs twice the later one counts */
  constructor(merges: readonly Merge[]) {
    let size = 16;
    while (size < 2 * merges.length) size *= 2;
    this.#mask = size - 1;
    this.#places = new Int32Array(4 * size).fill(EMPTY);
    for (const [rank, { left, right, merged }] of merges.entries()) {
      this.#places.set([left, right, rank, merged], this.find(left, right));
    }
  }

  /** Place of the pair; an empty one when it does not join. */
  find(left: number, right: number): number {
    let hash = Math.imul(left, 0x9e37_79b1) ^ Math.imul(right, 0x85eb_ca6b);
    hash ^= hash >>> 15;
    for (let place = hash & this.#mask; ; place = (place + 1) & this.#mask) {
      const at = 4 * place;
      const found = this.#places[at];
      if (found === EMPTY || (found === left && this.#places[at + 1] === right)) return at;
    }
  }

  /** The pair's rank, or -1 when it does not join. */
  rank(left: number, right: number): number {
    return this.#places[this.find(left, right) + 2] ?? EMPTY;
  }

  /** What the pair becomes; -1 when it does not join. */
  merged(left: number, right: number): number {
    return this.#places[this.find(left, right) + 3] ?? EMPTY;
  }
}
