/** The likeliest tokens of a whole vocabulary, without sorting the rest. */

/** Ids of a vocabulary take no more bits, so that a logit and an id fit into one double. */
const ID_BITS = 21;
export const MOST_TOKENS = 2 ** ID_BITS;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/**
 * A number that is larger for a larger logit, and for the smaller id of equal logits. As plain
 * numbers, candidates are compared and sorted by the runtime's own code.
 */
function keyOf(logit: number, id: number): number {
  // Both zeros are equal.
  float[0] = logit + 0;
  const [pattern = 0] = bits;
  // Patterns of positive floats are in order; those of negative ones in the opposite order.
  const ordered = pattern >>> 31 === 1 ? ~pattern >>> 0 : pattern + 2 ** 31;
  return ordered * MOST_TOKENS + (MOST_TOKENS - 1 - id);
}

const idOf = (key: number): number => MOST_TOKENS - 1 - (key % MOST_TOKENS);

/** Room for the candidates of one slot, made once. */
export class Candidates {
  /** Likeliest first, or by id, as `fill` says. */
  readonly ids: Int32Array;
  count = 0;
  readonly #keys: Float64Array;

  constructor(capacity: number) {
    this.ids = new Int32Array(capacity);
    this.#keys = new Float64Array(capacity);
  }

  /** The `k` largest logits, largest first. */
  fillLargest(logits: Float32Array, k: number): void {
    const heap = this.#keys.subarray(0, k);
    for (let id = 0; id < k; id++) heap[id] = keyOf(logits[id] ?? NaN, id);
    // Sorted is a heap, with the smallest on top.
    heap.sort();
    let bound = logits[idOf(heap[0] ?? 0)] ?? NaN;
    for (let id = k; id < logits.length; id++) {
      const logit = logits[id] ?? NaN;
      // Of equal logits the earlier id is in already.
      if (logit <= bound) continue;
      replaceSmallest(heap, keyOf(logit, id));
      bound = logits[idOf(heap[0] ?? 0)] ?? NaN;
    }
    heap.sort();
    this.#take(k);
  }

  /** All logits from `least` on, largest first. */
  fillSorted(logits: Float32Array, least: number): void {
    let count = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] ?? NaN;
      if (logit >= least) this.#keys[count++] = keyOf(logit, id);
    }
    this.#keys.subarray(0, count).sort();
    this.#take(count);
  }

  /** All logits from `least` on, by id. */
  fillInOrder(logits: Float32Array, least: number): void {
    this.count = 0;
    for (let id = 0; id < logits.length; id++) {
      if ((logits[id] ?? NaN) >= least) this.ids[this.count++] = id;
    }
  }

  /** The ids of the first `count` keys, which are in ascending order. */
  #take(count: number): void {
    for (let at = 0; at < count; at++) this.ids[at] = idOf(this.#keys[count - 1 - at] ?? 0);
    this.count = count;
  }
}

function replaceSmallest(heap: Float64Array, key: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
    if ((heap[child] ?? 0) >= key) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  heap[at] = key;
}
