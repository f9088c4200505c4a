/** How far a conversion is, and how long the rest will take if it goes on like this. Pure. */

/** Shares of the whole, about what a model with 30 layers takes. */
const shares = { import: 0.03, lower: 0.12, compile: 0.78, combine: 0.03, finish: 0.04 } as const;
export type Phase = keyof typeof shares;
const phases = Object.keys(shares) as Phase[];

/** Too little has been done to say. */
const LEAST_SHARE = 0.02;

export class Pace {
  #began: { at: number; fraction: number } | undefined;

  /** @param now monotonic, in ms */
  constructor(private readonly now: () => number) {}

  /** @param done of that phase, between 0 and 1 */
  at(phase: Phase, done: number): { fraction: number; secondsLeft: number | undefined } {
    const before = phases.slice(0, phases.indexOf(phase));
    const fraction = Math.min(
      0.999,
      before.reduce((sum, name) => sum + shares[name], 0) + shares[phase] * done,
    );
    const at = this.now();
    // What an earlier run has done says nothing of the pace of this one.
    this.#began ??= { at, fraction };
    const gained = fraction - this.#began.fraction;
    const seconds = (at - this.#began.at) / 1000;
    const isKnown = gained >= LEAST_SHARE && seconds > 0;
    const secondsLeft = isKnown ? Math.round((seconds / gained) * (1 - fraction)) : undefined;
    return { fraction, secondsLeft };
  }

  /** What was found done does not count as gained. */
  restart(): void {
    this.#began = undefined;
  }
}
