/** A bmodel on one chip: the contract over the thread that owns the chip. */
import type { KnownCosts, StepPlan, StepResult } from '../device.ts';
import { SlottedModel } from '../slottedModel.ts';
import type { ModelText } from '../../tokenizer/modelText.ts';
import type { Sampling } from '../../protocol/generation.ts';
import type { CardClient } from './cardClient.ts';
import type { CardModelFacts, CardStepResult } from './cardModel.ts';
import { averaged, unmeasured, type Copied } from './copyCosts.ts';

export interface Bm1684xModelOptions {
  readonly client: CardClient;
  /** Of the model, on its thread. */
  readonly id: number;
  readonly facts: CardModelFacts;
  readonly text: ModelText;
  /** Longest sequence wanted; at most what the model was compiled for. */
  readonly contextLength: number | undefined;
  readonly kvTokens: number | undefined;
  /** Before anything is measured. */
  readonly costs: KnownCosts;
  readonly onDispose: () => void;
}

export class Bm1684xModel extends SlottedModel {
  readonly firstChunk?: number;
  /** Of the last step. */
  lastWork: CardStepResult['work'] | undefined;
  readonly #options: Bm1684xModelOptions;
  #step = 0;
  #copied: Copied | undefined;

  constructor(options: Bm1684xModelOptions) {
    const { facts, text } = options;
    const { slots, vocabularySize, contextLength, chunkLength, hasNextChunks, bytesPerToken } =
      facts;
    super({
      metadata: {
        ...text.metadata,
        vocabularySize,
        trainedContextLength: Math.max(contextLength, text.metadata.trainedContextLength),
        ...(facts.isGreedy && { isGreedy: true as const }),
      },
      slots,
      contextLength: Math.min(contextLength, options.contextLength ?? contextLength),
      kvTokens: Math.min(slots * contextLength, options.kvTokens ?? slots * contextLength),
      bytesPerToken,
    });
    this.#options = options;
    const { copyBytesPerMs } = options.costs;
    if (copyBytesPerMs !== undefined) this.#copied = unmeasured(copyBytesPerMs);
    if (!hasNextChunks) this.firstChunk = chunkLength;
  }

  get costs(): KnownCosts {
    const { costs } = this.#options;
    const copied = this.#copied;
    return copied === undefined ? costs : { ...costs, copyBytesPerMs: copied.bytes / copied.ms };
  }

  encode(text: string): Promise<Int32Array> {
    return this.#options.text.encode(text);
  }

  protected pieceOf(token: number): Uint8Array {
    return this.#options.text.piece(token);
  }

  protected setSampling(slot: number, sampling: Sampling, history: Int32Array): void {
    const { client, id } = this.#options;
    client.change({ model: id, slot, kind: 'configure', sampling, history });
  }

  protected async compute(plan: StepPlan): Promise<() => StepResult> {
    const { client, id } = this.#options;
    this.#step = client.nextStep();
    const { sampled, copied, work } = await client.call('step', {
      model: id,
      step: this.#step,
      plan,
    });
    this.lastWork = work;
    this.#copied = averaged(this.#copied, copied);
    return () => ({ sampled: new Map(sampled) });
  }

  protected stop(): void {
    this.#options.client.abort(this.#step);
  }

  protected copyKv(from: number, to: number, length: number): void {
    const { client, id } = this.#options;
    client.change({ model: id, slot: from, kind: 'copyPrefix', to, length });
  }

  protected cutKv(slot: number, length: number): void {
    const { client, id } = this.#options;
    client.change({ model: id, slot, kind: 'truncate', length });
  }

  /** Shared with the chip's thread, which fills it before it does anything that comes after. */
  protected saveKv(slot: number, length: number): Uint8Array {
    const { client, id, facts } = this.#options;
    const data = new Uint8Array(new SharedArrayBuffer(length * facts.bytesPerToken));
    client.change({ model: id, slot, kind: 'save', length, data });
    return data;
  }

  protected restoreKv(slot: number, length: number, data: Uint8Array): void {
    const { client, id } = this.#options;
    client.change({ model: id, slot, kind: 'restore', length, data });
  }

  protected async free(): Promise<void> {
    const { client, id, text, onDispose } = this.#options;
    onDispose();
    await client.call('dispose', { model: id });
    await text.close();
  }
}
