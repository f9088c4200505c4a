/**
 * When a tokenizer's thread is taken to be stuck. A pattern of tokenizer.json may run for ever on
 * some text, and nothing inside of the thread can stop it.
 */

/** Runs the task once, after so many ms. @returns what takes it back */
export type After = (ms: number, task: () => void) => () => void;

/** Above what a busy machine may keep any text waiting for. */
const LEAST_MS = 30_000;
/** A tenth of what first texts have on a busy machine; see BENCHMARKS.md. */
const CHARACTERS_PER_MS = 10;

/** @param characters UTF-16 units of all texts that wait */
export const allowedMs = (characters: number): number => LEAST_MS + characters / CHARACTERS_PER_MS;

/**
 * The texts that wait for one thread. Its oldest one is to be answered in time for all texts that
 * waited with it; what comes later may pass it, and gives it as much more time as it takes itself.
 */
export class SlowTexts {
  /** Characters of each, the oldest first. */
  readonly #waiting = new Map<number, number>();
  #later = 0;
  #takeBack: (() => void) | undefined;

  /** @param onOverdue is called once for an oldest text */
  constructor(
    private readonly after: After,
    private readonly onOverdue: () => void,
  ) {}

  posted(id: number, characters: number): void {
    this.#waiting.set(id, characters);
    if (this.#waiting.size === 1) this.#watch(allowedMs(characters));
    else this.#later += characters;
  }

  answered(id: number): void {
    const [oldest] = this.#waiting.keys();
    this.#waiting.delete(id);
    if (id === oldest) this.#watchOldest();
  }

  clear(): void {
    this.#waiting.clear();
    this.#watchOldest();
  }

  #watchOldest(): void {
    this.#takeBack?.();
    this.#takeBack = undefined;
    this.#later = 0;
    const characters = [...this.#waiting.values()].reduce((sum, one) => sum + one, 0);
    if (this.#waiting.size > 0) this.#watch(allowedMs(characters));
  }

  #watch(ms: number): void {
    this.#takeBack = this.after(ms, () => {
      const more = this.#later / CHARACTERS_PER_MS;
      this.#later = 0;
      if (more > 0) this.#watch(more);
      else this.onOverdue();
    });
  }
}

export const afterTimeout: After = (ms, task) => {
  let immediate: NodeJS.Immediate | undefined;
  // The answer may have arrived while this thread was busy: it is read first.
  const timer = setTimeout(() => (immediate = setImmediate(task)), ms);
  timer.unref();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
};
