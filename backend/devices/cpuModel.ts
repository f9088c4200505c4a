/** A GGUF model on the CPU: the contract over one llama_context. */
import { CpuBatch, type BatchOutput } from './cpuBatch.ts';
import { CpuContext, type CpuHandles } from './cpuContext.ts';
import type { CpuShape } from './cpuMemory.ts';
import { CpuSampler } from './cpuSampler.ts';
import { afterStep, type ThreadPolicy } from './cpuThreads.ts';
import { CpuVocabulary } from './cpuVocabulary.ts';
import { DeviceError, type ModelMetadata, type StepPlan, type StepResult } from './device.ts';
import { largest } from './largest.ts';
import type { Sampling } from '../protocol/generation.ts';
import { resolveSampling } from './sampling.ts';
import { SlottedModel } from './slottedModel.ts';

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

const greedy: Sampling = { temperature: 0 };

export class CpuModel extends SlottedModel {
  readonly #context: CpuContext;
  readonly #vocabulary: CpuVocabulary;
  readonly #batch: CpuBatch;
  readonly #samplers: CpuSampler[];
  readonly #logits: Float32Array;
  readonly #options: CpuModelOptions;
  #threads: ThreadPolicy;

  constructor(options: CpuModelOptions) {
    const { handles, metadata, slots, shape } = options;
    super({ metadata, slots, ...shape });
    this.#options = options;
    const { api } = handles.library;
    this.#context = new CpuContext(handles);
    this.#vocabulary = new CpuVocabulary(api, api.model_get_vocab(handles.model));
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

  protected pieceOf(token: number): Uint8Array {
    return this.#vocabulary.piece(token);
  }

  protected setSampling(slot: number, sampling: Sampling, history: Int32Array): void {
    this.#samplers[slot]?.free();
    this.#samplers[slot] = this.#sampler(sampling, history);
  }

  protected async compute(plan: StepPlan, tokens: number): Promise<() => StepResult> {
    const outputs = this.#batch.fill(plan, (slot) => this.length(slot));
    const { now } = this.#options;
    const begun = now();
    try {
      await this.#context.decode(this.#batch.native);
      const greedyTokens = outputs.map((output) => this.#largestLogit(output));
      return () => {
        const sampled = outputs.map(
          (output, i) => [output.slot, this.#sample(output, greedyTokens[i] ?? 0)] as const,
        );
        this.#adaptThreads({ tokens, durationMs: now() - begun });
        return { sampled: new Map(sampled) };
      };
    } catch (error) {
      this.#rollBack(plan);
      throw error;
    }
  }

  protected stop(): void {
    this.#context.abort();
  }

  protected copyKv(from: number, to: number, length: number): void {
    this.#context.copyPrefix(from, to, length);
  }

  protected cutKv(slot: number, length: number): void {
    this.#context.truncate(slot, length);
  }

  protected saveKv(slot: number): Uint8Array {
    return this.#context.save(slot);
  }

  protected restoreKv(slot: number, _length: number, data: Uint8Array): void {
    this.#context.restore(slot, data);
  }

  protected free(): void {
    for (const sampler of this.#samplers) sampler.free();
    this.#context.free();
    this.#batch.free();
  }

  #sampler(sampling: Sampling, history: Int32Array): CpuSampler {
    const { handles, drawSeed } = this.#options;
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
}
