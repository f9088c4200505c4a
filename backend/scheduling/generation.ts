/** One request in the backend, from its arrival to its one outcome, over any number of hosts. */
import { randomUUID } from 'node:crypto';
import type { RequestEnd, Submission } from '../host/messages.ts';
import { PilotError } from '../protocol/errors.ts';
import { notice, type NoticeName } from '../protocol/notices.ts';
import type { FinishReason, Timings } from '../protocol/generation.ts';
import type { GenerationListener, GenerationOutcome, GenerationRequest } from './engine.ts';
import type { RequestRecord } from './observer.ts';

/**
 * Deaths of its host in a row that a request may see without gaining a token. One that is there
 * each time, and never gets further, is likely what kills it.
 */
const FRUITLESS_DEATHS = 3;

export class Generation {
  readonly id: string;
  readonly request: GenerationRequest;
  readonly arrivedAt: number;
  /** Settles exactly once. */
  readonly outcome: Promise<GenerationOutcome>;
  /** Aborts when it is settled: it need not wait in the queue any more. */
  readonly settled: AbortSignal;

  readonly #settling = new AbortController();
  readonly #order: number;
  readonly #seed: number;
  readonly #maxTokens: number;
  readonly #listener: GenerationListener;
  readonly #now: () => number;
  readonly #tokens: number[] = [];
  #text = '';
  #resolve!: (outcome: GenerationOutcome) => void;
  #reject!: (error: unknown) => void;
  #stopRunning: (() => void) | undefined;
  #dispatchedAt: number | undefined;
  #firstTokenAt: number | undefined;
  #settledAt: number | undefined;
  #how: RequestRecord['outcome'] = 'internalError';
  #cachedTokens: number | undefined;
  /** Notices that have been given: each is given once. */
  readonly #noticed = new Set<NoticeName>();
  #continuations = 0;
  #fruitlessDeaths = 0;

  /** @param limit longest sequence that the model can hold, in tokens */
  constructor(
    order: number,
    request: GenerationRequest,
    limit: number,
    listener: GenerationListener,
    now: () => number,
  ) {
    this.id = randomUUID();
    this.settled = this.#settling.signal;
    this.request = request;
    this.arrivedAt = now();
    this.#order = order;
    // Drawn here, so that a continuation on another host goes on with the same random numbers.
    this.#seed = request.sampling.seed ?? Math.floor(Math.random() * 2 ** 32);
    this.#maxTokens = this.#slides
      ? request.maxTokens
      : Math.min(request.maxTokens, limit - request.prompt.length);
    this.#listener = listener;
    this.#now = now;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  get isSettled(): boolean {
    return this.settled.aborted;
  }

  /** It has been on a device, though it may be waiting for another one now. */
  get hasRun(): boolean {
    return this.#dispatchedAt !== undefined;
  }

  /** Tokens that a continuation has to bring with it. */
  get length(): number {
    return this.request.prompt.length + this.#tokens.length;
  }

  get remainingTokens(): number {
    return this.#maxTokens - this.#tokens.length;
  }

  /** Whether a slot of so many tokens is enough to go on. */
  fits(limit: number): boolean {
    return this.#slides || this.length <= limit;
  }

  /** All a host needs to run it, or to go on where another host stopped. */
  submission(): Submission {
    const { prompt, sampling, stop, overflow = 'stop', class: requestClass } = this.request;
    return {
      id: this.id,
      class: requestClass,
      order: this.#order,
      prompt,
      generated: Int32Array.from(this.#tokens),
      maxTokens: this.#maxTokens,
      sampling: { ...sampling, seed: this.#seed },
      stop: [...stop],
      overflow,
    };
  }

  /** A host runs it; `stop` tells the host that nobody needs it any more. */
  onDispatched(stop: () => void): void {
    this.#dispatchedAt ??= this.#now();
    this.#stopRunning = stop;
  }

  /** The host is done with it, or gone. */
  onReturned(): void {
    this.#stopRunning = undefined;
  }

  onPlaced(cachedTokens: number): void {
    this.#cachedTokens ??= Math.min(cachedTokens, this.request.prompt.length);
  }

  onAnswer(tokens: readonly number[], text: string): void {
    if (this.isSettled) return;
    if (tokens.length > 0) this.#firstTokenAt ??= this.#now();
    this.#fruitlessDeaths = 0;
    this.#tokens.push(...tokens);
    this.#text += text;
    if (text !== '') this.#tell(() => this.#listener.onText(text));
  }

  /** Its sequence lost its oldest tokens: on each host that goes on with it, and said once. */
  onSlid(): void {
    if (!this.isSettled) this.#notifyOnce('slid');
  }

  /**
   * Its host died: said once, however often it does.
   * @returns false when it should not be tried again
   */
  onHostDeath(): boolean {
    this.#continuations++;
    if (++this.#fruitlessDeaths >= FRUITLESS_DEATHS) return false;
    this.#notifyOnce('deviceStopped');
    return true;
  }

  finish(reason: FinishReason): void {
    if (!this.#settle(reason)) return;
    const [tokens, text] = [this.#tokens, this.#text];
    this.#resolve({ tokens, text, finishReason: reason, timings: this.timings() });
  }

  fail(error: unknown): void {
    if (this.#settle(error instanceof PilotError ? error.errorName : 'internalError')) {
      this.#reject(error);
    }
  }

  timings(): Timings {
    const end = this.#settledAt ?? this.#now();
    const totalMs = end - this.arrivedAt;
    const firstTokenMs =
      this.#firstTokenAt === undefined ? undefined : this.#firstTokenAt - this.arrivedAt;
    const generatedTokens = this.#tokens.length;
    const decodeMs = firstTokenMs === undefined ? 0 : totalMs - firstTokenMs;
    return {
      queueMs: (this.#dispatchedAt ?? end) - this.arrivedAt,
      ...(firstTokenMs !== undefined && { firstTokenMs }),
      totalMs,
      promptTokens: this.request.prompt.length,
      cachedTokens: this.#cachedTokens ?? 0,
      generatedTokens,
      ...(generatedTokens > 1 &&
        decodeMs > 0 && { tokensPerSecond: ((generatedTokens - 1) * 1000) / decodeMs }),
    };
  }

  /** @param end what the host said, if it ended on one */
  record(end?: RequestEnd): RequestRecord {
    const cancelledAt = end?.cancelledAtStep;
    return {
      id: this.id,
      model: this.request.model.id,
      class: this.request.class,
      outcome: this.#how,
      timings: this.timings(),
      continuations: this.#continuations,
      prefilledTokens: end?.prefilledTokens ?? 0,
      ...(end !== undefined &&
        cancelledAt !== undefined && {
          cancel: { arrivedAtStep: cancelledAt, lastStep: end.lastStep },
        }),
    };
  }

  get #slides(): boolean {
    return this.request.overflow === 'slide';
  }

  #settle(how: RequestRecord['outcome']): boolean {
    if (this.isSettled) return false;
    this.#how = how;
    this.#settledAt = this.#now();
    this.#stopRunning?.();
    this.#settling.abort();
    return true;
  }

  #notifyOnce(name: NoticeName): void {
    if (this.#noticed.has(name)) return;
    this.#noticed.add(name);
    this.#tell(() => this.#listener.onNotice?.(notice(name)));
  }

  /** A listener that throws spoils its own request, and no other. */
  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(error);
    }
  }
}
