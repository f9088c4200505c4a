/** The samplers of a model's slots, and the logits that they choose from. */
import type { ResolvedSampling } from '../sampling.ts';
import { LogitSampler } from './sampler.ts';

export interface SlotChoice {
  readonly slot: number;
  /** The head's own choice; without one, it is the sampler's. */
  readonly token?: number | undefined;
  /** Tokens that the slot holds. */
  readonly position: number;
}

export class SlotSamplers {
  readonly #samplers: LogitSampler[] = [];
  /** Of each slot: all are read before the first is chosen from. */
  readonly #logits: readonly Float32Array[];

  /** @param headWidth length of the logits; 0 for a head that gives tokens */
  constructor(
    slots: number,
    headWidth: number,
    private readonly vocabularySize: number,
  ) {
    this.#logits = Array.from({ length: slots }, () => new Float32Array(headWidth));
  }

  configure(slot: number, sampling: ResolvedSampling, history: Int32Array): void {
    this.#samplers[slot] = new LogitSampler(this.vocabularySize, sampling, history);
  }

  /** To be written to. @throws RangeError for a slot that there is not */
  logits(slot: number): Float32Array {
    return required(this.#logits[slot], slot);
  }

  /**
   * All or none: when it throws, no sampler has taken a token.
   * @returns slot and token, in the order of the choices
   * @throws DeviceError invalidModel when a slot's logits are not valid
   */
  choose(choices: readonly SlotChoice[]): (readonly [number, number])[] {
    const chosen = choices.map(({ slot, token, position }) => {
      const sampler = required(this.#samplers[slot], slot);
      return { slot, sampler, token: token ?? sampler.choose(this.logits(slot), position) };
    });
    for (const { sampler, token } of chosen) sampler.accept(token);
    return chosen.map(({ slot, token }) => [slot, token] as const);
  }
}

function required<T>(found: T | undefined, slot: number): T {
  if (found === undefined) throw new RangeError(`There is no slot ${slot}.`);
  return found;
}
