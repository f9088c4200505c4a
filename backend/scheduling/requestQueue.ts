/**
 * The queue's contract. It is asynchronous and has no callbacks in its offers, so that a queue on
 * another machine can keep it too; `test/conformance/queue.ts` holds every implementation to it.
 */
import type { Room } from '../host/admission.ts';
import type { RequestClass } from '../protocol/generation.ts';

export interface QueueItem<T> {
  /** Unique for all time: equal prompts are two requests. */
  readonly id: string;
  readonly class: RequestClass;
  /** Only an offer of this model takes it. */
  readonly model: string;
  /** Tokens it will reserve, see `reservedTokens`. */
  readonly tokens: number;
  /** In ms of the queue's clock. */
  readonly arrivedAt: number;
  /** When waiting is in vain, in ms from arrival. */
  readonly deadlineMs?: number;
  readonly payload: T;
}

/** A worker that has room for one more request of a model. */
export interface Offer {
  readonly model: string;
  readonly room: Room;
}

export interface RequestQueue<T> {
  /**
   * Wait in line. Resolves when a worker has taken the item; an item that was not is gone from the
   * queue by the time this rejects.
   * @throws PilotError overloaded with `retryAfterMs` when too many of its own and more urgent
   *   classes wait, deadlineExceeded, draining after `close`
   * @throws the signal's reason when it aborts
   */
  enqueue(item: QueueItem<T>, signal: AbortSignal): Promise<void>;
  /**
   * `enqueue` for an item that was taken and whose worker died: it keeps its place by its arrival,
   * and a full queue does not refuse it.
   */
  giveBack(item: QueueItem<T>, signal: AbortSignal): Promise<void>;
  /**
   * The most urgent item that fits the offer, see classOrder.ts. An item that is too large lets
   * more urgent classes pass, but neither its own nor less urgent ones, so that room gathers for it.
   */
  take(offer: Offer): Promise<QueueItem<T> | undefined>;
  /** Called when there may be something to take. Returns the function that ends this. */
  onArrival(listener: () => void): () => void;
  size(): Promise<number>;
  /** Everybody who waits is told `draining`. */
  close(): Promise<void>;
}
