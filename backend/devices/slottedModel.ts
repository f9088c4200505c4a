/**
 * What drivers have in common whose slots are counted cell by cell: which call is allowed when, who
 * holds how many tokens, and that whatever fails leaves that as it was. A driver moves the KV itself.
 */
import {
  DeviceError,
  type LoadedModel,
  type ModelMetadata,
  type ParkedSlot,
  type StepPlan,
  type StepResult,
} from './device.ts';
import { KvLedger } from './kvLedger.ts';
import type { Sampling } from '../protocol/generation.ts';
import { checkHeld, checkPlan, checkSlot, checkToken } from './stepPlan.ts';

export interface SlottedShape extends Pick<
  LoadedModel,
  'metadata' | 'slots' | 'contextLength' | 'kvTokens'
> {
  /** KV of one token, in bytes. */
  readonly bytesPerToken: number;
}

/** Only the model that parked a slot can take it back. */
class KvParkedSlot implements ParkedSlot {
  constructor(
    readonly owner: SlottedModel,
    readonly tokens: number,
    readonly data: Uint8Array,
  ) {}

  get bytes(): number {
    return this.data.length;
  }
}

export abstract class SlottedModel implements LoadedModel {
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly contextLength: number;
  readonly kvTokens: number;
  readonly #bytesPerToken: number;
  readonly #ledger: KvLedger;
  #running: Promise<unknown> | undefined;
  #disposed: Promise<void> | undefined;

  constructor({ metadata, slots, contextLength, kvTokens, bytesPerToken }: SlottedShape) {
    this.metadata = metadata;
    this.slots = slots;
    this.contextLength = contextLength;
    this.kvTokens = kvTokens;
    this.#bytesPerToken = bytesPerToken;
    this.#ledger = new KvLedger(kvTokens, slots);
  }

  abstract encode(text: string): Promise<Int32Array>;
  protected abstract pieceOf(token: number): Uint8Array;
  protected abstract setSampling(slot: number, sampling: Sampling, history: Int32Array): void;
  /**
   * Compute a step that fits, over `tokens` tokens. When it rejects, the KV is as it was.
   * @returns what chooses the tokens; it is called when the slots have the step's lengths
   */
  protected abstract compute(plan: StepPlan, tokens: number): Promise<() => StepResult>;
  /** Make the running computation reject with `aborted`. */
  protected abstract stop(): void;
  /** Between two slots. */
  protected abstract copyKv(from: number, to: number, length: number): void;
  protected abstract cutKv(slot: number, length: number): void;
  protected abstract saveKv(slot: number, length: number): Uint8Array;
  /** Into an empty slot. */
  protected abstract restoreKv(slot: number, length: number, data: Uint8Array): void;
  /** No step runs, and none will. */
  protected abstract free(): Promise<void> | void;

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  piece(token: number): Uint8Array {
    checkToken(this, token);
    return this.pieceOf(token);
  }

  length(slot: number): number {
    return this.#ledger.length(slot);
  }

  configure(slot: number, sampling: Sampling, history: Int32Array): void {
    this.#checkIdle();
    checkSlot(this, slot);
    history.forEach((token) => checkToken(this, token));
    this.setSampling(slot, sampling, history);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    this.#checkIdle();
    const tokens = checkPlan(this, plan);
    this.#checkRoom(tokens, this.#ledger.free);
    const computed = this.compute(plan, tokens);
    this.#running = computed;
    try {
      const choose = await computed;
      for (const { slot } of plan.decodes) this.#ledger.append(slot, 1);
      if (plan.prefill) this.#ledger.append(plan.prefill.slot, plan.prefill.tokens.length);
      return choose();
    } finally {
      this.#running = undefined;
    }
  }

  abort(): void {
    if (this.isRunning) this.stop();
  }

  copyPrefix(from: number, to: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, from, length);
    checkSlot(this, to);
    if (from === to) {
      this.truncate(to, length);
      return;
    }
    this.copyKv(from, to, length);
    this.#ledger.share(from, to, length);
  }

  truncate(slot: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, slot, length);
    this.cutKv(slot, length);
    this.#ledger.truncate(slot, length);
  }

  release(slot: number): void {
    this.truncate(slot, 0);
  }

  park(slot: number): ParkedSlot {
    this.#checkIdle();
    checkSlot(this, slot);
    const length = this.length(slot);
    const parked = new KvParkedSlot(this, length, this.saveKv(slot, length));
    this.release(slot);
    return parked;
  }

  unpark(slot: number, parked: ParkedSlot): void {
    this.#checkIdle();
    checkSlot(this, slot);
    if (!(parked instanceof KvParkedSlot) || parked.owner !== this) {
      throw new TypeError('Another model parked this slot.');
    }
    const { tokens, data } = parked;
    this.#checkRoom(tokens, this.#ledger.freeWithout(slot));
    this.release(slot);
    if (tokens === 0) return;
    this.restoreKv(slot, tokens, data);
    this.#ledger.append(slot, tokens);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.abort();
    await this.#running?.catch(() => undefined);
    await this.free();
  }

  #checkIdle(): void {
    if (this.#disposed !== undefined) throw new DeviceError('lost', 'The model is disposed.');
    if (this.isRunning) throw new RangeError('A step is running.');
  }

  #checkRoom(tokens: number, free: number): void {
    if (tokens <= free) return;
    throw new DeviceError('noMemory', `The KV cache has room for ${free} tokens, not ${tokens}.`, {
      heap: 'KV cache',
      neededBytes: tokens * this.#bytesPerToken,
      availableBytes: free * this.#bytesPerToken,
    });
  }
}
