/** What a job has done so far, and how long each part took. */
import type { JobStep } from '../protocol/jobs.ts';

const MOST_STEPS = 500;

export class StepRecord {
  readonly ended: JobStep[];
  #current: { readonly name: string; readonly startedAt: number } | undefined;

  /** @param before what earlier runs of the same job have ended */
  constructor(before: readonly JobStep[] = []) {
    this.ended = [...before];
  }

  /** Ends the one before it. @param now in ms */
  begin(name: string, now: number): void {
    this.end(now);
    this.#current = { name, startedAt: now };
  }

  end(now: number): void {
    if (!this.#current) return;
    const { name, startedAt } = this.#current;
    this.#current = undefined;
    this.ended.push({ name, seconds: Math.max(0, now - startedAt) / 1000 });
    if (this.ended.length > MOST_STEPS) this.ended.shift();
  }
}
