/** Device memory that is given back together. */
import type { Chip } from './chip.ts';
import type { DeviceMemory } from './types.ts';

export class DeviceArena {
  readonly #chip: Chip;
  readonly #allocated: DeviceMemory[] = [];

  constructor(chip: Chip) {
    this.#chip = chip;
  }

  /**
   * All of them, or none.
   * @param sizes in bytes
   * @param what they are for, in words that follow "for"
   * @throws DeviceError noMemory, hung, lost
   */
  allocate(sizes: readonly number[], what: string): DeviceMemory[] {
    const before = this.#allocated.length;
    try {
      for (const bytes of sizes) this.#allocated.push(this.#chip.allocate(bytes, what));
    } catch (error) {
      this.#freeFrom(before);
      throw error;
    }
    return this.#allocated.slice(before);
  }

  /** @throws DeviceError noMemory, hung, lost */
  allocateOne(bytes: number, what: string): DeviceMemory {
    const memory = this.#chip.allocate(bytes, what);
    this.#allocated.push(memory);
    return memory;
  }

  free(): void {
    this.#freeFrom(0);
  }

  #freeFrom(start: number): void {
    for (const memory of this.#allocated.splice(start)) this.#chip.free(memory);
  }
}
