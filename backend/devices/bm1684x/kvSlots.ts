/**
 * Several sequences on a model whose nets hold the KV of one. That one is resident: its rows lie in
 * the decode nets' own buffers. Each of the others has a store of its own in the chip's memory, and
 * they change places when another one is to be computed. Rows that the store has already are not
 * copied again, so a switch costs the rows of the one that comes and the new rows of the one that
 * goes. Pure but for the copies, which `KvCopies` makes.
 */

/** Rows are tokens: of each, the keys and values of all layers. */
export interface KvCopies {
  /** Rows [from, to) of the decode nets' buffers into a slot's store. */
  save(slot: number, from: number, to: number): void;
  /** Rows [0, to) of a slot's store into the decode nets' buffers. */
  load(slot: number, to: number): void;
  /** Rows [0, to) of one store into another. */
  copy(from: number, slot: number, to: number): void;
}

interface SlotState {
  length: number;
  /** Of these rows, those that the store has as they are. */
  saved: number;
}

export class KvSlots {
  readonly #copies: KvCopies;
  readonly #slots: readonly SlotState[];
  #resident: number | undefined;

  constructor(count: number, copies: KvCopies) {
    this.#copies = copies;
    this.#slots = Array.from({ length: count }, () => ({ length: 0, saved: 0 }));
    // Alone, it has no store, and never leaves.
    if (count === 1) this.#resident = 0;
  }

  /** Whose rows the decode nets' buffers hold. */
  get resident(): number | undefined {
    return this.#resident;
  }

  length(slot: number): number {
    return this.#state(slot).length;
  }

  /** Makes a slot resident. */
  use(slot: number): void {
    if (this.#resident === slot) return;
    this.#vacate();
    const { length, saved } = this.#state(slot);
    if (saved < length) throw new RangeError(`Slot ${slot} has lost rows.`);
    if (length > 0) this.#copies.load(slot, length);
    this.#resident = slot;
  }

  /** The resident slot's rows were written up to `length`. */
  extend(slot: number, length: number): void {
    if (this.#resident !== slot) throw new RangeError(`Slot ${slot} is not resident.`);
    this.#state(slot).length = length;
  }

  /** Keep the first `length` rows. */
  truncate(slot: number, length: number): void {
    const state = this.#state(slot);
    state.length = length;
    state.saved = Math.min(state.saved, length);
  }

  /** `to` becomes the first `length` rows of `from`, another slot. */
  copyPrefix(from: number, to: number, length: number): void {
    const source = this.#state(from);
    if (this.#resident === to) this.#resident = undefined;
    if (this.#resident === from && source.saved < length) {
      this.#copies.save(from, source.saved, length);
      source.saved = length;
    }
    if (length > 0) this.#copies.copy(from, to, length);
    Object.assign(this.#state(to), { length, saved: length });
  }

  /** A slot's rows were replaced where it is: in the nets' buffers, or in its store. */
  replaced(slot: number, length: number): void {
    const saved = this.#resident === slot ? 0 : length;
    Object.assign(this.#state(slot), { length, saved });
  }

  #vacate(): void {
    if (this.#resident === undefined) return;
    const { length, saved } = this.#state(this.#resident);
    if (saved < length) this.#copies.save(this.#resident, saved, length);
    this.#state(this.#resident).saved = length;
    this.#resident = undefined;
  }

  #state(slot: number): SlotState {
    const state = this.#slots[slot];
    if (state === undefined) throw new RangeError(`There is no slot ${slot}.`);
    return state;
  }
}
