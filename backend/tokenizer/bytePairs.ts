/**
 * Byte-pair encoding: of all neighbours that join, the pair of the lowest rank is joined first, the
 * leftmost of equals, until none is left. Words are short, and looking at all their pairs each time
 * is fastest; a heap keeps long runs of letters or white space from taking time by the square.
 */
import type { MergeTable } from './mergeTable.ts';

/** Symbols up to which looking at all pairs is faster than a heap. */
const SHORT_WORD = 48;

/** Joins the symbols in place; returns how many are left. */
export function joinPairs(symbols: Int32Array, count: number, table: MergeTable): number {
  return count <= SHORT_WORD ? joinShort(symbols, count, table) : joinLong(symbols, count, table);
}

const ranks = new Int32Array(SHORT_WORD);

export function joinShort(symbols: Int32Array, count: number, table: MergeTable): number {
  const rankAt = (at: number): number => table.rank(symbols[at] ?? -1, symbols[at + 1] ?? -1);
  let left = count;
  for (let at = 0; at + 1 < left; at++) ranks[at] = rankAt(at);
  while (left > 1) {
    let best = -1;
    let bestRank = Infinity;
    for (let at = 0; at + 1 < left; at++) {
      const rank = ranks[at] ?? -1;
      if (rank >= 0 && rank < bestRank) {
        best = at;
        bestRank = rank;
      }
    }
    if (best < 0) break;
    symbols[best] = table.merged(symbols[best] ?? -1, symbols[best + 1] ?? -1);
    symbols.copyWithin(best + 1, best + 2, left);
    ranks.copyWithin(best + 1, best + 2, left - 1);
    left--;
    if (best > 0) ranks[best - 1] = rankAt(best - 1);
    if (best + 1 < left) ranks[best] = rankAt(best);
  }
  return left;
}

const END = -1;
/** A rank and a place in one number: both stay whole below 2^53. */
const RANK = 2 ** 31;

export function joinLong(symbols: Int32Array, count: number, table: MergeTable): number {
  const next = Int32Array.from({ length: count }, (_, at) => (at + 1 < count ? at + 1 : END));
  const previous = Int32Array.from({ length: count }, (_, at) => at - 1);
  // Each join removes one symbol and adds at most two pairs.
  const heap = new MinHeap(3 * count);
  const rankAt = (at: number): number => {
    const after = next[at] ?? END;
    return after === END ? -1 : table.rank(symbols[at] ?? -1, symbols[after] ?? -1);
  };
  const push = (at: number): void => {
    const rank = at === END ? -1 : rankAt(at);
    if (rank >= 0) heap.push(rank * RANK + at);
  };
  for (let at = 0; at < count; at++) push(at);
  for (let top = heap.pop(); top !== undefined; top = heap.pop()) {
    const at = top % RANK;
    // Its symbols may have been joined with others since.
    if (symbols[at] === END || rankAt(at) !== Math.floor(top / RANK)) continue;
    const after = next[at] ?? END;
    symbols[at] = table.merged(symbols[at] ?? -1, symbols[after] ?? -1);
    symbols[after] = END;
    const following = next[after] ?? END;
    next[at] = following;
    if (following !== END) previous[following] = at;
    push(previous[at] ?? END);
    push(at);
  }
  let left = 0;
  for (let at = 0; at !== END; at = next[at] ?? END) symbols[left++] = symbols[at] ?? END;
  return left;
}

class MinHeap {
  readonly #keys: Float64Array;
  #size = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
  }

  push(key: number): void {
    const keys = this.#keys;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = keys[parent] ?? 0;
      if (above <= key) break;
      keys[at] = above;
      at = parent;
    }
    keys[at] = key;
  }

  pop(): number | undefined {
    if (this.#size === 0) return undefined;
    const keys = this.#keys;
    const top = keys[0];
    const last = keys[--this.#size] ?? 0;
    let at = 0;
    for (let child = 1; child < this.#size; child = 2 * at + 1) {
      if (child + 1 < this.#size && (keys[child + 1] ?? 0) < (keys[child] ?? 0)) child++;
      if ((keys[child] ?? 0) >= last) break;
      keys[at] = keys[child] ?? 0;
      at = child;
    }
    keys[at] = last;
    return top;
  }
}
