/** The loop of a device host: the models with work take turns at the one device. */
import type { BatchScheduler } from './batchScheduler.ts';
import type { Progress } from './messages.ts';

export class HostLoop {
  readonly #schedulers = new Map<string, BatchScheduler>();
  readonly #report: (model: string, progress: Progress) => void;
  readonly #now: () => number;
  #turnBegan: number | undefined;
  /** Loads under way. */
  #loads = 0;
  #wake: (() => void) | undefined;
  #ending = false;

  constructor(report: (model: string, progress: Progress) => void, now = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  add(model: string, scheduler: BatchScheduler): void {
    this.#schedulers.set(model, scheduler);
  }

  get(model: string): BatchScheduler | undefined {
    return this.#schedulers.get(model);
  }

  /** For how long the device has been at its step, in ms; undefined while it is idle, or loads. */
  get stepMs(): number | undefined {
    if (this.#turnBegan === undefined || this.#loads > 0) return undefined;
    return this.#now() - this.#turnBegan;
  }

  /** Loads a model: a step may have to wait for that, which says nothing against the step. */
  async whileLoading<T>(load: () => Promise<T>): Promise<T> {
    this.#loads++;
    try {
      return await load();
    } finally {
      this.#loads--;
      if (this.#turnBegan !== undefined) this.#turnBegan = this.#now();
    }
  }

  /** There is new work. */
  wake(): void {
    this.#wake?.();
  }

  /** `run` returns after the step it is at. */
  end(): void {
    this.#ending = true;
    this.wake();
  }

  /** @throws whatever makes the device useless, see `BatchScheduler.turn` */
  async run(): Promise<void> {
    while (!this.#ending) {
      const busy = [...this.#schedulers].filter(([, scheduler]) => scheduler.hasWork);
      if (busy.length === 0) await this.#woken();
      for (const [model, scheduler] of busy) {
        this.#turnBegan = this.#now();
        const progress = await scheduler.turn();
        this.#turnBegan = undefined;
        if (saysSomething(progress)) this.#report(model, progress);
        // Messages that came during the step must be seen before the next one is planned.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
  }
}

function saysSomething({ step, ...lists }: Progress): boolean {
  return step !== undefined || Object.values(lists).some((list) => list.length > 0);
}
