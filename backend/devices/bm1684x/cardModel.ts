/** A model on a chip, on the thread that owns the chip: slots, steps, sampling. */
import { randomInt } from 'node:crypto';
import { DeviceError, isDeviceError, type StepPlan } from '../device.ts';
import { resolveSampling } from '../sampling.ts';
import type { Sampling } from '../../protocol/generation.ts';
import type { Chip, ChipWork } from './chip.ts';
import type { Copied } from './copyCosts.ts';
import { DeviceArena } from './deviceArena.ts';
import { checkMemory, type MemoryNeeds } from './memoryBlocks.ts';
import { KvMemory } from './kvMemory.ts';
import { KvSlots } from './kvSlots.ts';
import { modelLayout, type ModelLayout } from './modelLayout.ts';
import { Runtime } from './runtime.ts';
import { SequencePass } from './sequencePass.ts';
import { SlotSamplers } from './slotSamplers.ts';

export interface CardModelOptions {
  readonly chip: Chip;
  readonly file: string;
  readonly embeddingFile: string;
  /** What the runtime will take. */
  readonly needs: MemoryNeeds;
  /** Slots wanted; there may be fewer when memory is short. */
  readonly slots: number;
  /** Rows of the model's tables, when its head gives no logits. */
  readonly vocabularySize: number;
  /** Throws DeviceError aborted when the running step is to stop. */
  readonly checkAbort: () => void;
}

/** What a loaded model is. Plain data: it crosses threads. */
export interface CardModelFacts {
  readonly slots: number;
  readonly contextLength: number;
  readonly chunkLength: number;
  /** Prefill by chunks goes on after the first; else what follows is computed token by token. */
  readonly hasNextChunks: boolean;
  /** The head gives tokens: sampling has no effect. */
  readonly isGreedy: boolean;
  readonly vocabularySize: number;
  readonly bytesPerToken: number;
  readonly layers: number;
}

export interface CardStepResult {
  /** Slot and token. */
  readonly sampled: readonly (readonly [number, number])[];
  /** Of KV to and from the host, since the step before. */
  readonly copied: Copied;
  /** What the step asked of the libraries. */
  readonly work: ChipWork & { readonly totalMs: number };
}

export class CardModel {
  readonly facts: CardModelFacts;
  readonly #options: CardModelOptions;
  readonly #arena: DeviceArena;
  readonly #runtime: Runtime;
  readonly #layout: ModelLayout;
  readonly #memory: KvMemory;
  readonly #slots: KvSlots;
  readonly #pass: SequencePass;
  readonly #samplers: SlotSamplers;
  #copied: Copied = { bytes: 0, ms: 0 };

  /** @throws DeviceError invalidModel, unsupportedModel, libraryTooOld, noMemory, hung, lost */
  constructor(options: CardModelOptions) {
    this.#options = options;
    const { chip, file, embeddingFile, checkAbort } = options;
    checkMemory(options.needs, chip.heaps());
    this.#runtime = Runtime.load(chip, file);
    const arena = new DeviceArena(chip);
    this.#arena = arena;
    let pass: SequencePass | undefined;
    try {
      const layout = modelLayout((name) => this.#runtime.net(name));
      this.#layout = layout;
      this.#memory = new KvMemory(chip, arena, layout);
      const vocabularySize = layout.headWidth ?? options.vocabularySize;
      pass = new SequencePass({
        ...{ chip, arena, layout, embeddingFile, vocabularySize, checkAbort },
        runtime: this.#runtime,
        kv: this.#memory,
      });
      this.#pass = pass;
      const slots = this.#addStores(options.slots);
      this.#slots = new KvSlots(slots, this.#memory);
      this.#samplers = new SlotSamplers(slots, layout.headWidth ?? 0, vocabularySize);
      this.facts = {
        slots,
        vocabularySize,
        contextLength: layout.contextLength,
        chunkLength: layout.chunkLength,
        hasNextChunks: this.#pass.chunkAfter(1) > 1,
        isGreedy: layout.headKind === 'token',
        bytesPerToken: this.#memory.bytesPerToken,
        layers: layout.layers.length,
      };
      for (let slot = 0; slot < slots; slot++) {
        this.configure(slot, { temperature: 0 }, new Int32Array());
      }
    } catch (error) {
      pass?.close();
      arena.free();
      this.#runtime.destroy();
      throw error;
    }
  }

  configure(slot: number, sampling: Sampling, history: Int32Array): void {
    const resolved = resolveSampling(sampling, () => randomInt(0x1_0000_0000));
    this.#samplers.configure(slot, resolved, history);
  }

  /**
   * When it throws, every slot is as it was.
   * @throws DeviceError aborted, hung, lost, invalidModel
   */
  step({ decodes, prefill }: StepPlan): CardStepResult {
    const begun = performance.now();
    const { chip } = this.#options;
    const before = { ...chip.work };
    const members = [...decodes, ...(prefill ? [prefill] : [])];
    const lengths = members.map(({ slot }) => [slot, this.#slots.length(slot)] as const);
    const outputs: number[] = [];
    const tokens = new Map<number, number>();
    try {
      for (const { slot, token } of this.#residentFirst(decodes)) {
        this.#slots.use(slot);
        const from = this.#slots.length(slot);
        this.#pass.decode(token, from);
        this.#slots.extend(slot, from + 1);
        outputs.push(slot);
        this.#readHead(slot, tokens);
      }
      if (prefill) {
        this.#prefill(prefill.slot, prefill.tokens);
        if (prefill.sample) {
          outputs.push(prefill.slot);
          this.#readHead(prefill.slot, tokens);
        }
      }
      // Of a prefill that nothing was read after, too: its faults are this step's.
      chip.settle();
      const sampled = this.#samplers.choose(
        outputs.map((slot) => {
          return { slot, token: tokens.get(slot), position: this.#slots.length(slot) };
        }),
      );
      const work = {
        calls: chip.work.calls - before.calls,
        launches: chip.work.launches - before.launches,
        nativeMs: chip.work.nativeMs - before.nativeMs,
        totalMs: performance.now() - begun,
      };
      const copied = this.#copied;
      this.#copied = { bytes: 0, ms: 0 };
      return { sampled, copied, work };
    } catch (error) {
      for (const [slot, length] of lengths) this.#slots.truncate(slot, length);
      chip.settle();
      throw error;
    }
  }

  truncate(slot: number, length: number): void {
    this.#slots.truncate(slot, length);
  }

  /** Between two slots. */
  copyPrefix(from: number, to: number, length: number): void {
    this.#slots.copyPrefix(from, to, length);
  }

  /** Writes the slot's KV into `data`. */
  save(slot: number, length: number, data: Uint8Array): void {
    this.#measure(data, () => this.#memory.read(this.#placeOf(slot), length, data));
  }

  /** Replaces the slot's KV by what `save` gave. */
  restore(slot: number, length: number, data: Uint8Array): void {
    this.#measure(data, () => this.#memory.write(this.#placeOf(slot), length, data));
    this.#slots.replaced(slot, length);
  }

  free(): void {
    this.#pass.close();
    this.#arena.free();
    this.#runtime.destroy();
  }

  #measure(data: Uint8Array, copy: () => void): void {
    const begun = performance.now();
    copy();
    const { bytes, ms } = this.#copied;
    this.#copied = { bytes: bytes + data.byteLength, ms: ms + performance.now() - begun };
  }

  /** One slot needs no store. @returns the slots that there is memory for */
  #addStores(wanted: number): number {
    if (wanted === 1) return 1;
    try {
      while (this.#memory.stores < wanted) this.#memory.addStore();
    } catch (error) {
      if (!isDeviceError(error, 'noMemory')) throw error;
    }
    // A single store is of no use: the one slot is in the nets' buffers.
    return Math.max(1, this.#memory.stores);
  }

  #prefill(slot: number, tokens: Int32Array): void {
    this.#slots.use(slot);
    for (let done = 0; done < tokens.length;) {
      const from = this.#slots.length(slot);
      const part = tokens.subarray(done, done + this.#pass.chunkAfter(from));
      this.#pass.prefill(part, from);
      this.#slots.extend(slot, from + part.length);
      done += part.length;
    }
  }

  /** The one whose rows are in place already saves a change of places. */
  #residentFirst(decodes: StepPlan['decodes']): StepPlan['decodes'] {
    const { resident } = this.#slots;
    return decodes.toSorted((a, b) => Number(b.slot === resident) - Number(a.slot === resident));
  }

  #readHead(slot: number, tokens: Map<number, number>): void {
    if (this.#layout.headKind === 'logits') this.#pass.headLogits(this.#samplers.logits(slot));
    else tokens.set(slot, this.#checked(this.#pass.headToken()));
  }

  #checked(token: number): number {
    if (token >= 0 && token < this.facts.vocabularySize) return token;
    throw new DeviceError('invalidModel', `The model chose the token ${token}, which is none.`);
  }

  #placeOf(slot: number): number | 'own' {
    const isAlone = this.facts.slots === 1;
    return isAlone || this.#slots.resident === slot ? 'own' : slot;
  }
}
