/** One request in the device host: its tokens, and how far they have come. */
import type { LoadedModel } from '../devices/device.ts';
import type { RequestClass, Sampling } from '../protocol/generation.ts';
import { sequenceLimit } from './admission.ts';
import { keptTokens } from './contextWindow.ts';
import type { RequestEnd, Submission } from './messages.ts';
import { TokenText } from './tokenText.ts';

export class Run {
  readonly id: string;
  readonly class: RequestClass;
  readonly order: number;
  readonly submission: Submission;
  /** The prompt and what was generated, whole: what repetition penalties look back on. */
  readonly history: number[];
  /** The KV of so many tokens of the sequence is in the slot. */
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
  readonly #context: number;
  /** Tokens that came with the request. */
  readonly #given: number;
  #sequence: number[] = [];
  /** Tokens of the history that the sequence lacks, behind its first `#head`. */
  #dropped = 0;
  #head = 0;
  #ended: 'stop' | 'length' | undefined;

  constructor(submission: Submission, model: LoadedModel, now: number) {
    this.submission = submission;
    this.id = submission.id;
    this.class = submission.class;
    this.order = submission.order;
    this.history = [...submission.prompt, ...submission.generated];
    this.servedAt = now;
    this.#given = this.history.length;
    this.#endTokens = new Set(model.metadata.endTokens);
    this.#context = sequenceLimit(model);
    const wanted = submission.prompt.length + submission.maxTokens;
    this.#limit = this.#slides ? wanted : Math.min(wanted, this.#context);
    this.#sequence = [...this.history];
    this.slide();
    this.#text = new TokenText((token) => model.piece(token), submission.stop);
    this.#text.prime(submission.generated);
  }

  get ended(): RequestEnd['reason'] | undefined {
    return this.#ended ?? (this.cancelledAtStep === undefined ? undefined : 'cancelled');
  }

  /** What the slot shall hold: the history, or what remained of it. */
  get sequence(): readonly number[] {
    return this.#sequence;
  }

  get hasSlid(): boolean {
    return this.#dropped > 0;
  }

  get sampling(): Sampling {
    const { sampling } = this.submission;
    if (sampling.seed === undefined) return sampling;
    // A token's random number goes by its position, and after a slide positions come again.
    return { ...sampling, seed: (sampling.seed + this.#dropped) % 2 ** 32 };
  }

  /** False for a warm-up. */
  get wantsToken(): boolean {
    return this.submission.maxTokens > 0;
  }

  /** Tokens that it may still generate. */
  get remainingTokens(): number {
    return Math.max(0, this.#limit - this.history.length);
  }

  /** Tokens of the sequence whose KV is not computed. */
  get remainingPrefill(): number {
    return this.sequence.length - this.computed;
  }

  /**
   * Drop the oldest tokens behind the beginning if the sequence has reached the context, and the
   * request allows it. Of the KV only the beginning's remains of use.
   * @returns whether tokens were dropped
   */
  slide(): boolean {
    if (!this.#slides || this.sequence.length < this.#context) return false;
    const { head, tail } = keptTokens(
      this.submission.prompt.length,
      this.history.length,
      this.#context,
    );
    this.#head = head;
    this.#dropped = tail - head;
    this.#sequence = [...this.history.slice(0, head), ...this.history.slice(tail)];
    this.computed = Math.min(this.computed, head);
    return true;
  }

  /** A step computed the KV of the next `count` tokens. */
  advance(count: number): void {
    const given = Math.max(this.#given - this.#dropped, Math.min(this.#given, this.#head));
    this.prefilledTokens += Math.max(0, Math.min(count, given - this.computed));
    this.computed += count;
    if (!this.wantsToken && this.remainingPrefill === 0) this.#ended = 'length';
  }

  /** A token was sampled. Returns what to send: an end token is no part of the answer. */
  accept(token: number): { readonly token?: number; readonly text: string } {
    if (this.#endTokens.has(token)) {
      this.#ended = 'stop';
      return { text: this.#text.end() };
    }
    this.history.push(token);
    this.#sequence.push(token);
    let text = this.#text.push(token);
    if (this.#text.stopped) this.#ended = 'stop';
    else if (this.remainingTokens === 0) {
      this.#ended = 'length';
      text += this.#text.end();
    }
    return { token, text };
  }

  get #slides(): boolean {
    return this.submission.overflow === 'slide';
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
