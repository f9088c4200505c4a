/** Whether a device host still lives, from what it says of itself. */
import type { FromHost } from '../host/messages.ts';

export interface LivenessLimits {
  /** How often to look, in ms. */
  readonly checkMs: number;
  /** Looks without any message in between after which a host counts as hung. */
  readonly silentChecks: number;
  /** The longest that one step may take. */
  readonly stepMs: number;
}

/**
 * A large model on a slow CPU takes most of a minute for a full chunk, and an overloaded machine
 * may not let the host speak for seconds; killing a host that works is worse than waiting.
 */
export const defaultLiveness: LivenessLimits = {
  checkMs: 2_000,
  silentChecks: 10,
  stepMs: 120_000,
};

export class Liveness {
  #silent = 0;
  #stepMs: number | undefined;

  constructor(private readonly limits: LivenessLimits) {}

  /** Any message is a sign of life; these two know about the running step. */
  heard(message: FromHost): void {
    this.#silent = 0;
    if (message.type === 'beat') this.#stepMs = message.stepMs;
    if (message.type === 'progress') this.#stepMs = undefined;
  }

  /**
   * Called every `checkMs`. Looks are counted, not ms: when this process itself was held up, the
   * messages that came meanwhile are read before the next look.
   * @returns why the host counts as hung, or undefined
   */
  check(): string | undefined {
    this.#silent++;
    if (this.#stepMs !== undefined && this.#stepMs > this.limits.stepMs) {
      return `a step has been running for ${Math.round(this.#stepMs)} ms`;
    }
    if (this.#silent <= this.limits.silentChecks) return undefined;
    return `nothing was heard of it for ${this.limits.silentChecks * this.limits.checkMs} ms`;
  }
}
