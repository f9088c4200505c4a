/** Where keys and values lie in the chip's memory, and how rows get from one place to another. */
import type { Chip } from './chip.ts';
import type { DeviceArena } from './deviceArena.ts';
import type { KvCopies } from './kvSlots.ts';
import type { ModelLayout } from './modelLayout.ts';
import { memoryOf } from './netInfo.ts';
import { partOf } from './tensorArray.ts';
import type { DeviceMemory } from './types.ts';

/** Of one layer: [contextLength, rowBytes] each. */
export interface LayerKv {
  readonly keys: DeviceMemory;
  readonly values: DeviceMemory;
}

export class KvMemory implements KvCopies {
  /** The decode nets' own buffers. */
  readonly own: readonly LayerKv[];
  readonly #chip: Chip;
  readonly #arena: DeviceArena;
  readonly #rowBytes: number;
  readonly #contextLength: number;
  /** Of each slot; none when there is only one, which is always in the nets' buffers. */
  readonly #stores: LayerKv[][] = [];

  constructor(chip: Chip, arena: DeviceArena, { layers, rowBytes, contextLength }: ModelLayout) {
    this.#chip = chip;
    this.#arena = arena;
    this.#rowBytes = rowBytes;
    this.#contextLength = contextLength;
    this.own = layers.map(({ decode }) => {
      const [, , , keys, values] = decode.inputs;
      if (!keys || !values) throw new RangeError(`${decode.name} has no KV cache.`);
      return { keys: memoryOf(keys), values: memoryOf(values) };
    });
    for (const memory of this.own.flatMap(({ keys, values }) => [keys, values]))
      chip.fill(memory, 0);
  }

  /** Stores that there are. */
  get stores(): number {
    return this.#stores.length;
  }

  /** Bytes of one token in all layers. */
  get bytesPerToken(): number {
    return 2 * this.#rowBytes * this.own.length;
  }

  /** @throws DeviceError noMemory, when there is not enough for all layers */
  addStore(): void {
    const bytes = this.#contextLength * this.#rowBytes;
    const sizes = this.own.map(() => 2 * bytes);
    const memories = this.#arena.allocate(sizes, 'the KV cache of a slot');
    this.#stores.push(
      memories.map((memory) => ({
        keys: partOf(memory, 0, bytes),
        values: partOf(memory, bytes, bytes),
      })),
    );
  }

  save(slot: number, from: number, to: number): void {
    this.#copyRows(this.own, this.#store(slot), from, to);
  }

  load(slot: number, to: number): void {
    this.#copyRows(this.#store(slot), this.own, 0, to);
  }

  copy(from: number, slot: number, to: number): void {
    this.#copyRows(this.#store(from), this.#store(slot), 0, to);
  }

  /**
   * To the host: the rows [0, length) of the nets' buffers, or of a slot's store.
   * @param data of length × bytesPerToken bytes: layer by layer, keys and then values
   */
  read(slot: number | 'own', length: number, data: Uint8Array): void {
    this.#forRows(slot, length, data, (memory, part) => {
      this.#chip.read(memory, part);
    });
  }

  /** From the host: what `read` gave. */
  write(slot: number | 'own', length: number, data: Uint8Array): void {
    this.#forRows(slot, length, data, (memory, part) => {
      this.#chip.write(memory, part);
    });
  }

  #forRows(
    slot: number | 'own',
    length: number,
    data: Uint8Array,
    move: (memory: DeviceMemory, part: Uint8Array) => void,
  ): void {
    const bytes = length * this.#rowBytes;
    let start = 0;
    for (const { keys, values } of slot === 'own' ? this.own : this.#store(slot)) {
      for (const memory of [keys, values]) {
        if (bytes > 0) move(memory, data.subarray(start, start + bytes));
        start += bytes;
      }
    }
  }

  #copyRows(from: readonly LayerKv[], to: readonly LayerKv[], first: number, end: number): void {
    const offset = first * this.#rowBytes;
    const bytes = (end - first) * this.#rowBytes;
    from.forEach((source, layer) => {
      const target = to[layer];
      if (target === undefined) throw new RangeError(`There is no layer ${layer}.`);
      this.#chip.copy(target.keys, offset, source.keys, offset, bytes);
      this.#chip.copy(target.values, offset, source.values, offset, bytes);
    });
  }

  #store(slot: number): readonly LayerKv[] {
    const store = this.#stores[slot];
    if (store === undefined) throw new RangeError(`Slot ${slot} has no store.`);
    return store;
  }
}
