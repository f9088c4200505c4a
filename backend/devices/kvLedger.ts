/** Who holds which cells of a unified KV cache, so that a step that cannot fit is never begun. */

/** One cell a token; slots that share a prefix share its cells. Counts are in tokens. */
export class KvLedger {
  /** Cells of each slot, in the order of its tokens. */
  readonly #held: number[][];
  /** Slots that hold each cell. */
  readonly #holders: Uint16Array;
  readonly #freeCells: number[];

  constructor(
    readonly capacity: number,
    slots: number,
  ) {
    this.#held = Array.from({ length: slots }, () => []);
    this.#holders = new Uint16Array(capacity);
    this.#freeCells = Array.from({ length: capacity }, (_, i) => capacity - 1 - i);
  }

  /** Cells that nobody holds. */
  get free(): number {
    return this.#freeCells.length;
  }

  length(slot: number): number {
    return this.#cells(slot).length;
  }

  /** Cells that would be free if the slot were empty. */
  freeWithout(slot: number): number {
    return this.free + this.#cells(slot).filter((cell) => this.#holders[cell] === 1).length;
  }

  /** @throws RangeError when fewer cells are free */
  append(slot: number, count: number): void {
    if (count > this.free) throw new RangeError(`${this.free} cells are free, not ${count}.`);
    const cells = this.#cells(slot);
    for (const cell of this.#freeCells.splice(this.free - count, count).reverse()) {
      this.#holders[cell] = 1;
      cells.push(cell);
    }
  }

  /** Keep the first `length` tokens. */
  truncate(slot: number, length: number): void {
    for (const cell of this.#cells(slot).splice(length).reverse()) {
      const holders = (this.#holders[cell] ?? 0) - 1;
      this.#holders[cell] = holders;
      if (holders === 0) this.#freeCells.push(cell);
    }
  }

  /** `to` becomes the first `length` tokens of `from`; another slot than `from`. */
  share(from: number, to: number, length: number): void {
    this.truncate(to, 0);
    const target = this.#cells(to);
    for (const cell of this.#cells(from).slice(0, length)) {
      this.#holders[cell] = (this.#holders[cell] ?? 0) + 1;
      target.push(cell);
    }
  }

  #cells(slot: number): number[] {
    const cells = this.#held[slot];
    if (cells === undefined) throw new RangeError(`There is no slot ${slot}.`);
    return cells;
  }
}
