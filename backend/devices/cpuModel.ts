/** A GGUF model on the CPU: the contract over one llama_context. */
import { CpuBatch, type BatchOutput } from './cpuBatch.ts';
import { CpuContext, type CpuHandles } from './cpuContext.ts';
import type { CpuShape } from './cpuMemory.ts';
import { CpuSampler } from './cpuSampler.ts';
import { afterStep, type ThreadPolicy } from './cpuThreads.ts';
import { CpuVocabulary } from './cpuVocabulary.ts';
import {
  DeviceError,
  type LoadedModel,
  type ModelMetadata,
  type ParkedSlot,
  type StepPlan,
  type StepResult,
} from './device.ts';
import { KvLedger } from './kvLedger.ts';
import { largest } from './largest.ts';
import type { Sampling } from '../protocol/generation.ts';
import { resolveSampling } from './sampling.ts';
import { checkHeld, checkPlan, checkSlot, checkToken } from './stepPlan.ts';

export interface CpuModelOptions {
  readonly handles: CpuHandles;
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly shape: CpuShape;
  readonly threads: ThreadPolicy;
  /** Monotonic, in ms. */
  readonly now: () => number;
  /** The seed of a request that names none. */
  readonly drawSeed: () => number;
}

/** Only the model that parked a slot can take it back. */
class CpuParkedSlot implements ParkedSlot {
  constructor(
    readonly owner: CpuModel,
    readonly tokens: number,
    readonly data: Uint8Array,
  ) {}

  get bytes(): number {
    return this.data.length;
  }
}

const greedy: Sampling = { temperature: 0 };

export class CpuModel implements LoadedModel {
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly contextLength: number;
  readonly kvTokens: number;

  readonly #context: CpuContext;
  readonly #vocabulary: CpuVocabulary;
  readonly #ledger: KvLedger;
  readonly #batch: CpuBatch;
  readonly #samplers: CpuSampler[];
  readonly #logits: Float32Array;
  #threads: ThreadPolicy;
  #running: Promise<unknown> | undefined;
  #disposed: Promise<void> | undefined;

  constructor(private readonly options: CpuModelOptions) {
    const { handles, metadata, slots, shape } = options;
    this.metadata = metadata;
    this.slots = slots;
    this.contextLength = shape.contextLength;
    this.kvTokens = shape.kvTokens;
    const { api } = handles.library;
    this.#context = new CpuContext(handles);
    this.#vocabulary = new CpuVocabulary(api, api.model_get_vocab(handles.model));
    this.#ledger = new KvLedger(this.kvTokens, slots);
    this.#batch = new CpuBatch(this.kvTokens, slots);
    this.#logits = new Float32Array(new ArrayBuffer(4 * metadata.vocabularySize));
    this.#threads = options.threads;
    this.#samplers = Array.from({ length: slots }, () => this.#sampler(greedy, new Int32Array()));
    this.#context.setThreads(this.threads);
  }

  /** Threads of the next step. */
  get threads(): number {
    return this.#threads.threads;
  }

  encode(text: string): Promise<Int32Array> {
    return this.#vocabulary.encode(text);
  }

  piece(token: number): Uint8Array {
    checkToken(this, token);
    return this.#vocabulary.piece(token);
  }

  length(slot: number): number {
    return this.#ledger.length(slot);
  }

  configure(slot: number, sampling: Sampling, history: Int32Array): void {
    this.#checkIdle();
    checkSlot(this, slot);
    history.forEach((token) => checkToken(this, token));
    this.#samplers[slot]?.free();
    this.#samplers[slot] = this.#sampler(sampling, history);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    this.#checkIdle();
    const tokens = checkPlan(this, plan);
    this.#checkRoom(tokens, this.#ledger.free);
    const outputs = this.#batch.fill(plan, (slot) => this.length(slot));
    const begun = this.options.now();
    const computed = this.#context.decode(this.#batch.native);
    this.#running = computed;
    try {
      await computed;
      const greedyTokens = outputs.map((output) => this.#largestLogit(output));
      this.#commit(plan);
      const sampled = outputs.map(
        (output, i) => [output.slot, this.#sample(output, greedyTokens[i] ?? 0)] as const,
      );
      this.#adaptThreads({ tokens, durationMs: this.options.now() - begun });
      return { sampled: new Map(sampled) };
    } catch (error) {
      this.#rollBack(plan);
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  abort(): void {
    if (this.#running !== undefined) this.#context.abort();
  }

  copyPrefix(from: number, to: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, from, length);
    checkSlot(this, to);
    if (from === to) {
      this.truncate(to, length);
      return;
    }
    this.#context.copyPrefix(from, to, length);
    this.#ledger.share(from, to, length);
  }

  truncate(slot: number, length: number): void {
    this.#checkIdle();
    checkHeld(this, slot, length);
    this.#context.truncate(slot, length);
    this.#ledger.truncate(slot, length);
  }

  release(slot: number): void {
    this.truncate(slot, 0);
  }

  park(slot: number): ParkedSlot {
    this.#checkIdle();
    checkSlot(this, slot);
    const parked = new CpuParkedSlot(this, this.length(slot), this.#context.save(slot));
    this.release(slot);
    return parked;
  }

  unpark(slot: number, parked: ParkedSlot): void {
    this.#checkIdle();
    checkSlot(this, slot);
    if (!(parked instanceof CpuParkedSlot) || parked.owner !== this) {
      throw new TypeError('Another model parked this slot.');
    }
    this.#checkRoom(parked.tokens, this.#ledger.freeWithout(slot));
    this.release(slot);
    if (parked.tokens === 0) return;
    this.#context.restore(slot, parked.data);
    this.#ledger.append(slot, parked.tokens);
  }

  dispose(): Promise<void> {
    this.#disposed ??= this.#free();
    return this.#disposed;
  }

  async #free(): Promise<void> {
    this.abort();
    await this.#running?.catch(() => undefined);
    for (const sampler of this.#samplers) sampler.free();
    this.#context.free();
    this.#batch.free();
  }

  #sampler(sampling: Sampling, history: Int32Array): CpuSampler {
    const { handles, drawSeed } = this.options;
    const resolved = resolveSampling(sampling, drawSeed);
    return new CpuSampler(handles.library.api, this.metadata.vocabularySize, resolved, history);
  }

  #largestLogit({ slot, index }: BatchOutput): number {
    this.#context.readLogits(index, this.#logits);
    const token = largest(this.#logits);
    if (token >= 0) return token;
    throw new DeviceError(
      'invalidModel',
      `The model computed no valid logits for slot ${slot}: its weights are damaged.`,
    );
  }

  #sample({ slot, index }: BatchOutput, greedyToken: number): number {
    const sampler = this.#samplers[slot];
    return (
      sampler?.sample(this.#context.pointer, index, greedyToken, this.length(slot)) ?? greedyToken
    );
  }

  #commit({ decodes, prefill }: StepPlan): void {
    for (const { slot } of decodes) this.#ledger.append(slot, 1);
    if (prefill !== undefined) this.#ledger.append(prefill.slot, prefill.tokens.length);
  }

  /** The library keeps the micro-batches that were done, and those are not in the ledger. */
  #rollBack({ decodes, prefill }: StepPlan): void {
    const slots = [...decodes, ...(prefill === undefined ? [] : [prefill])];
    for (const { slot } of slots) this.#context.truncate(slot, this.length(slot));
  }

  #adaptThreads(sample: { tokens: number; durationMs: number }): void {
    const { threads } = this;
    this.#threads = afterStep(this.#threads, sample);
    if (this.threads !== threads) this.#context.setThreads(this.threads);
  }

  #checkIdle(): void {
    if (this.#disposed !== undefined) throw new DeviceError('lost', 'The model is disposed.');
    if (this.#running !== undefined) throw new RangeError('A step is running.');
  }

  #checkRoom(tokens: number, free: number): void {
    if (tokens <= free) return;
    const bytesPerToken = this.options.shape.bytesPerToken;
    throw new DeviceError('noMemory', `The KV cache has room for ${free} tokens, not ${tokens}.`, {
      heap: 'KV cache',
      neededBytes: tokens * bytesPerToken,
      availableBytes: free * bytesPerToken,
    });
  }
}
