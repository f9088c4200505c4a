/** One request in the device host: its tokens, and how far they have come. */
import type { LoadedModel } from '../devices/device.ts';
import type { RequestClass } from '../protocol/generation.ts';
import { sequenceLimit } from './admission.ts';
import type { RequestEnd, Submission } from './messages.ts';
import { TokenText } from './tokenText.ts';

export class Run {
  readonly id: string;
  readonly class: RequestClass;
  readonly order: number;
  readonly submission: Submission;
  /** The prompt and what was generated. The KV of its first `computed` tokens is in the slot. */
  readonly sequence: number[];
  computed = 0;
  /** The slot it holds. */
  slot: number | undefined;
  /** When its prefill last got a chunk, or began to wait, in ms. */
  servedAt: number;
  /** Of the tokens that came with it, how many were computed; some twice, if it was parked. */
  prefilledTokens = 0;
  lastStep = 0;
  cancelledAtStep: number | undefined;

  readonly #text: TokenText;
  readonly #endTokens: ReadonlySet<number>;
  readonly #limit: number;
  /** Tokens that came with the request. */
  readonly #given: number;
  #ended: 'stop' | 'length' | undefined;

  constructor(submission: Submission, model: LoadedModel, now: number) {
    this.submission = submission;
    this.id = submission.id;
    this.class = submission.class;
    this.order = submission.order;
    this.sequence = [...submission.prompt, ...submission.generated];
    this.servedAt = now;
    this.#given = this.sequence.length;
    this.#endTokens = new Set(model.metadata.endTokens);
    this.#limit = Math.min(submission.prompt.length + submission.maxTokens, sequenceLimit(model));
    this.#text = new TokenText((token) => model.piece(token), submission.stop);
    this.#text.prime(submission.generated);
  }

  get ended(): RequestEnd['reason'] | undefined {
    return this.#ended ?? (this.cancelledAtStep === undefined ? undefined : 'cancelled');
  }

  /** False for a warm-up. */
  get wantsToken(): boolean {
    return this.submission.maxTokens > 0;
  }

  /** Tokens that it may still generate. */
  get remainingTokens(): number {
    return Math.max(0, this.#limit - this.sequence.length);
  }

  /** Tokens of the sequence whose KV is not computed. */
  get remainingPrefill(): number {
    return this.sequence.length - this.computed;
  }

  /** A step computed the KV of the next `count` tokens. */
  advance(count: number): void {
    this.prefilledTokens += Math.max(0, Math.min(count, this.#given - this.computed));
    this.computed += count;
    if (!this.wantsToken && this.remainingPrefill === 0) this.#ended = 'length';
  }

  /** A token was sampled. Returns what to send: an end token is no part of the answer. */
  accept(token: number): { readonly token?: number; readonly text: string } {
    if (this.#endTokens.has(token)) {
      this.#ended = 'stop';
      return { text: this.#text.end() };
    }
    this.sequence.push(token);
    let text = this.#text.push(token);
    if (this.#text.stopped) this.#ended = 'stop';
    else if (this.remainingTokens === 0) {
      this.#ended = 'length';
      text += this.#text.end();
    }
    return { token, text };
  }

  end(reason: RequestEnd['reason']): RequestEnd {
    const { id, prefilledTokens, lastStep, cancelledAtStep } = this;
    return {
      id,
      reason,
      prefilledTokens,
      lastStep,
      ...(cancelledAtStep !== undefined && { cancelledAtStep }),
    };
  }
}
