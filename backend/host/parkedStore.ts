/** Conversations whose KV waits in host memory, the least recently used given up first. */
import type { ParkedSlot } from '../devices/device.ts';
import { commonPrefix, type ParkedView } from './slotPolicy.ts';

interface Entry extends ParkedView {
  readonly slot: ParkedSlot;
}

export class ParkedStore {
  /** In order of use: the oldest first. */
  #entries: Entry[] = [];
  #nextKey = 0;

  /** @param budgetBytes what all parked KV together may take */
  constructor(private readonly budgetBytes: number) {}

  views(): readonly ParkedView[] {
    return this.#entries;
  }

  /** Keeps it while the budget allows; gives up what it makes superfluous. */
  add(tokens: readonly number[], slot: ParkedSlot): void {
    // It would push out all the others, and then itself.
    if (slot.bytes > this.budgetBytes) return;
    const isPrefix = ({ tokens: old }: Entry): boolean => commonPrefix(old, tokens) === old.length;
    const entry = { key: this.#nextKey++, tokens, bytes: slot.bytes, slot };
    this.#entries = [...this.#entries.filter((old) => !isPrefix(old)), entry];
    let bytes = this.#entries.reduce((sum, { bytes: one }) => sum + one, 0);
    while (bytes > this.budgetBytes) bytes -= this.#entries.shift()?.bytes ?? bytes;
  }

  /**
   * The KV to bring back. It stays parked: who takes it may need only its beginning.
   * @throws RangeError when there is none with that key
   */
  use(key: number): { readonly slot: ParkedSlot; readonly tokens: readonly number[] } {
    const entry = this.#entries.find((one) => one.key === key);
    if (entry === undefined) throw new RangeError(`Nothing is parked with key ${key}.`);
    this.#entries = [...this.#entries.filter((one) => one !== entry), entry];
    return entry;
  }
}
