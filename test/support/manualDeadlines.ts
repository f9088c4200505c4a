/** Deadlines that pass when a test says so. */
import type { After } from '../../backend/tokenizer/slowTexts.ts';

export class ManualDeadlines {
  /** What is set and not taken back, the oldest first. */
  readonly set: { readonly ms: number; readonly task: () => void }[] = [];

  readonly after: After = (ms, task) => {
    const deadline = { ms, task };
    this.set.push(deadline);
    return () => this.#remove(deadline);
  };

  /** The oldest one passes. */
  pass(): void {
    const [oldest] = this.set;
    if (oldest === undefined) throw new Error('No deadline is set.');
    this.#remove(oldest);
    oldest.task();
  }

  #remove(deadline: (typeof this.set)[number]): void {
    const at = this.set.indexOf(deadline);
    if (at >= 0) this.set.splice(at, 1);
  }
}
