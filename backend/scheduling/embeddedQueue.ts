/** The queue in the backend's own process: nothing to install, nothing survives the process. */
import { orderKey, rankOf } from '../host/classOrder.ts';
import { PilotError } from '../protocol/errors.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Offer, QueueItem, RequestQueue } from './requestQueue.ts';
import { TakeRate } from './takeRate.ts';

export interface EmbeddedQueueOptions {
  /** How many of its own and more urgent classes may wait before an item. */
  readonly limit?: number;
  readonly clock?: Clock;
}

interface Waiting<T> {
  readonly item: QueueItem<T>;
  readonly key: number;
  /** Ends the waiting: takes it out of the line, and its timer and listener with it. */
  leave(): void;
  taken(): void;
  refused(reason: unknown): void;
}

const DEFAULT_LIMIT = 256;

export class EmbeddedQueue<T> implements RequestQueue<T> {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #rate = new TakeRate();
  /** Sorted by key; equal keys in order of arrival. */
  readonly #line: Waiting<T>[] = [];
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor({ limit = DEFAULT_LIMIT, clock = systemClock }: EmbeddedQueueOptions = {}) {
    this.#limit = limit;
    this.#clock = clock;
  }

  enqueue(item: QueueItem<T>, signal: AbortSignal): Promise<void> {
    // Less urgent ones don't count: a flood of them must not shut out those who type.
    const waiting = this.#line.filter((one) => rankOf(one.item.class) <= rankOf(item.class)).length;
    if (!this.#closed && !signal.aborted && waiting >= this.#limit) {
      const retryAfterMs = this.#rate.retryAfterMs();
      return Promise.reject(new PilotError('overloaded', { waiting }, { retryAfterMs }));
    }
    return this.giveBack(item, signal);
  }

  giveBack(item: QueueItem<T>, signal: AbortSignal): Promise<void> {
    if (this.#closed) return Promise.reject(new PilotError('draining'));
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = (): void => {
        waiting.refused(signal.reason);
      };
      const cancelTimer = this.#atDeadline(item, () => {
        waiting.refused(deadlineExceeded(item));
      });
      const waiting: Waiting<T> = {
        item,
        key: orderKey(item.class, item.arrivedAt),
        leave: () => {
          this.#line.splice(this.#line.indexOf(waiting), 1);
          signal.removeEventListener('abort', onAbort);
          cancelTimer();
        },
        taken: () => {
          waiting.leave();
          resolve();
        },
        refused: (reason) => {
          waiting.leave();
          reject(reason instanceof Error ? reason : new Error('aborted', { cause: reason }));
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#insert(waiting);
      for (const listener of this.#listeners) listener();
    });
  }

  take({ model, room }: Offer): Promise<QueueItem<T> | undefined> {
    this.#refuseLate();
    let passing = Infinity;
    for (const waiting of this.#line) {
      const { item } = waiting;
      const tokens = room[item.class];
      if (item.model !== model || tokens === undefined || rankOf(item.class) >= passing) continue;
      if (item.tokens <= tokens) {
        waiting.taken();
        this.#rate.onTake(this.#clock.now(), this.#line.length > 0);
        return Promise.resolve(item);
      }
      passing = rankOf(item.class);
    }
    return Promise.resolve(undefined);
  }

  onArrival(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  size(): Promise<number> {
    return Promise.resolve(this.#line.length);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const waiting of [...this.#line]) waiting.refused(new PilotError('draining'));
    return Promise.resolve();
  }

  #insert(waiting: Waiting<T>): void {
    const behind = this.#line.findIndex(({ key }) => key > waiting.key);
    this.#line.splice(behind < 0 ? this.#line.length : behind, 0, waiting);
  }

  #atDeadline({ arrivedAt, deadlineMs }: QueueItem<T>, action: () => void): () => void {
    if (deadlineMs === undefined) return () => undefined;
    return this.#clock.after(Math.max(0, arrivedAt + deadlineMs - this.#clock.now()), action);
  }

  /** A timer may be late; a worker must not be given what nobody waits for any more. */
  #refuseLate(): void {
    const now = this.#clock.now();
    for (const waiting of [...this.#line]) {
      const { arrivedAt, deadlineMs = Infinity } = waiting.item;
      if (arrivedAt + deadlineMs <= now) waiting.refused(deadlineExceeded(waiting.item));
    }
  }
}

function deadlineExceeded({ deadlineMs = 0 }: QueueItem<unknown>): PilotError {
  return new PilotError('deadlineExceeded', { deadlineMs });
}
