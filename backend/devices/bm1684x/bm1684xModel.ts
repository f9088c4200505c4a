/** A bmodel on one chip: the contract over the thread that owns the chip. */
import {
  DeviceError,
  type KnownCosts,
  type LoadedModel,
  type ModelMetadata,
  type ParkedSlot,
  type StepPlan,
  type StepResult,
} from '../device.ts';
import { KvLedger } from '../kvLedger.ts';
import { checkHeld, checkPlan, checkSlot, checkToken } from '../stepPlan.ts';
import type { ModelText } from '../../tokenizer/modelText.ts';
import type { Sampling } from '../../protocol/generation.ts';
import type { CardClient } from './cardClient.ts';
import type { CardModelFacts, CardStepResult } from './cardModel.ts';

export interface Bm1684xModelOptions {
  readonly client: CardClient;
  /** Of the model, on its thread. */
  readonly id: number;
  readonly facts: CardModelFacts;
  readonly text: ModelText;
  /** Longest sequence wanted; at most what the model was compiled for. */
  readonly contextLength: number | undefined;
  readonly kvTokens: number | undefined;
  readonly costs: KnownCosts;
  readonly onDispose: () => void;
}

/** Only the model that parked a slot can take it back. */
class Bm1684xParkedSlot implements ParkedSlot {
  constructor(
    readonly owner: Bm1684xModel,
    readonly tokens: number,
    /** Shared with the chip's thread, which fills it before it does anything that comes after. */
    readonly data: Uint8Array,
  ) {}

  get bytes(): number {
    return this.data.length;
  }
}

export class Bm1684xModel implements LoadedModel {
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly contextLength: number;
  readonly kvTokens: number;
  readonly firstChunk?: number;
  readonly costs: KnownCosts;
  /** Of the last step. */
  lastWork: CardStepResult['work'] | undefined;

  readonly #options: Bm1684xModelOptions;
  readonly #ledger: KvLedger;
  #running: Promise<CardStepResult> | undefined;
  #step = 0;
  #disposed: Promise<void> | undefined;

  constructor(options: Bm1684xModelOptions) {
    this.#options = options;
    const { facts, text } = options;
    const { slots, vocabularySize, contextLength, chunkLength, isStatic } = facts;
    this.metadata = {
      ...text.metadata,
      vocabularySize,
      trainedContextLength: Math.max(contextLength, text.metadata.trainedContextLength),
    };
    this.slots = slots;
    this.contextLength = Math.min(contextLength, options.contextLength ?? contextLength);
    this.kvTokens = Math.min(slots * contextLength, options.kvTokens ?? slots * contextLength);
    this.costs = options.costs;
    if (isStatic) this.firstChunk = chunkLength;
    this.#ledger = new KvLedger(this.kvTokens, slots);
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  encode(text: string): Promise<Int32Array> {
    return this.#options.text.encode(text);
  }

  piece(token: number): Uint8Array {
    checkToken(this, token);
    return this.#options.text.piece(token);
  }

  length(slot: number): number {
    return this.#ledger.length(slot);
  }

  configure(slot: number, sampling: Sampling, history: Int32Array): void {
    this.#checkIdle();
    checkSlot(this, slot);
    history.forEach((token) => checkToken(this, token));
    const { client, id } = this.#options;
    client.change({ model: id, slot, kind: 'configure', sampling, history });
  }

  async step(plan: StepPlan): Promise<StepResult> {
    this.#checkIdle();
    const tokens = checkPlan(this, plan);
    this.#checkRoom(tokens, this.#ledger.free);
    const { client, id } = this.#options;
    this.#step = client.nextStep();
    this.#running = client.call('step', { model: id, step: this.#step, plan });
    try {
      const { sampled, work } = await this.#running;
      for (const { slot } of plan.decodes) this.#ledger.append(slot, 1);
      if (plan.prefill) this.#ledger.append(plan.prefill.slot, plan.prefill.tokens.length);
      this.lastWork = work;
      return { sampled: new Map(sampled) };
    } finally {
      this.#running = undefined;
    }
  }

  abort(): void {
    if (this.#running !== undefined) this.#options.client.abort(this.#step);
  }

  copyPrefix(from: number, to: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, from, length);
    checkSlot(this, to);
    if (from === to) {
      this.truncate(to, length);
      return;
    }
    const { client, id } = this.#options;
    client.change({ model: id, slot: from, kind: 'copyPrefix', to, length });
    this.#ledger.share(from, to, length);
  }

  truncate(slot: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, slot, length);
    const { client, id } = this.#options;
    client.change({ model: id, slot, kind: 'truncate', length });
    this.#ledger.truncate(slot, length);
  }

  release(slot: number): void {
    this.truncate(slot, 0);
  }

  park(slot: number): ParkedSlot {
    this.#checkIdle();
    checkSlot(this, slot);
    const { client, id, facts } = this.#options;
    const length = this.length(slot);
    const data = new Uint8Array(new SharedArrayBuffer(length * facts.bytesPerToken));
    client.change({ model: id, slot, kind: 'save', length, data });
    this.release(slot);
    return new Bm1684xParkedSlot(this, length, data);
  }

  unpark(slot: number, parked: ParkedSlot): void {
    this.#checkIdle();
    checkSlot(this, slot);
    if (!(parked instanceof Bm1684xParkedSlot) || parked.owner !== this) {
      throw new TypeError('Another model parked this slot.');
    }
    this.#checkRoom(parked.tokens, this.#ledger.freeWithout(slot));
    this.release(slot);
    if (parked.tokens === 0) return;
    const { client, id } = this.#options;
    const { tokens: length, data } = parked;
    client.change({ model: id, slot, kind: 'restore', length, data });
    this.#ledger.append(slot, length);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#free();
    return this.#disposed;
  }

  async #free(): Promise<void> {
    const { client, id, text, onDispose } = this.#options;
    this.abort();
    await this.#running?.catch(() => undefined);
    onDispose();
    await client.call('dispose', { model: id });
    await text.close();
  }

  #checkIdle(): void {
    if (this.#disposed !== undefined) throw new DeviceError('lost', 'The model is disposed.');
    if (this.#running !== undefined) throw new RangeError('A step is running.');
  }

  #checkRoom(tokens: number, free: number): void {
    if (tokens <= free) return;
    const { bytesPerToken } = this.#options.facts;
    throw new DeviceError('noMemory', `The KV cache has room for ${free} tokens, not ${tokens}.`, {
      heap: 'KV cache',
      neededBytes: tokens * bytesPerToken,
      availableBytes: free * bytesPerToken,
    });
  }
}
