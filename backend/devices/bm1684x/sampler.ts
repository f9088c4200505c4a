/**
 * How one slot chooses its next token where the device gives logits: with the meanings and in the
 * order of llama.cpp's samplers (src/llama-sampler.cpp), as the cpu driver has them.
 */
import { DeviceError } from '../device.ts';
import { largest } from '../largest.ts';
import { PENALTY_WINDOW, seedAt, type ResolvedSampling } from '../sampling.ts';
import { Candidates, MOST_TOKENS } from './candidates.ts';

export class LogitSampler {
  /** The last tokens, oldest first. */
  readonly #window: number[];
  /** Logits with penalties; the device's own stay as they are. */
  readonly #penalized: Float32Array | undefined;
  readonly #candidates: Candidates | undefined;
  readonly #weights: Float64Array;

  /** @param history tokens for the repetition penalty, oldest first */
  constructor(
    private readonly vocabularySize: number,
    private readonly sampling: ResolvedSampling,
    history: Int32Array,
  ) {
    if (vocabularySize > MOST_TOKENS) throw new RangeError('The vocabulary is too large.');
    const { temperature, repetitionPenalty } = sampling;
    this.#window = [...history.subarray(-PENALTY_WINDOW)];
    this.#penalized = repetitionPenalty === 1 ? undefined : new Float32Array(vocabularySize);
    const room = temperature === 0 ? 0 : this.#topK;
    this.#candidates = temperature === 0 ? undefined : new Candidates(room);
    this.#weights = new Float64Array(room);
  }

  /**
   * The next token. Nothing changes by it: `accept` makes it one that later penalties look back on.
   * @param logits one of each token
   * @param position tokens that the slot holds: with the seed, all that chance depends on
   * @throws DeviceError invalidModel when a logit is not a number or none is finite
   */
  choose(logits: Float32Array, position: number): number {
    if (logits.length !== this.vocabularySize) {
      throw new RangeError(`There are ${logits.length} logits, not ${this.vocabularySize}.`);
    }
    const penalized = this.#penalize(logits);
    const best = largest(penalized);
    const most = penalized[best] ?? NaN;
    if (!Number.isFinite(most)) {
      throw new DeviceError(
        'invalidModel',
        'The model computed no valid logits: its weights are damaged.',
      );
    }
    return this.#candidates === undefined
      ? best
      : this.#draw(this.#candidates, penalized, most, position);
  }

  /** The slot goes on with the token. */
  accept(token: number): void {
    if (this.#penalized === undefined) return;
    this.#window.push(token);
    if (this.#window.length > PENALTY_WINDOW) this.#window.shift();
  }

  /** How many tokens the first cut leaves. */
  get #topK(): number {
    const { topK } = this.sampling;
    return topK > 0 ? Math.min(topK, this.vocabularySize) : this.vocabularySize;
  }

  #penalize(logits: Float32Array): Float32Array {
    const penalized = this.#penalized;
    if (penalized === undefined) return logits;
    penalized.set(logits);
    const { repetitionPenalty } = this.sampling;
    // From the logits as they were: a token that occurs twice is penalized once.
    for (const token of this.#window) {
      const logit = logits[token] ?? NaN;
      penalized[token] = logit <= 0 ? logit * repetitionPenalty : logit / repetitionPenalty;
    }
    return penalized;
  }

  #draw(candidates: Candidates, logits: Float32Array, most: number, position: number): number {
    const { minP, temperature, seed } = this.sampling;
    const least = minP > 0 ? most + Math.log(minP) : -Infinity;
    this.#cut(candidates, logits, most, least);
    let total = 0;
    for (let at = 0; at < candidates.count; at++) {
      const logit = logits[candidates.ids[at] ?? 0] ?? NaN;
      total += this.#weights[at] = logit >= least ? Math.exp((logit - most) / temperature) : 0;
    }
    let rest = (seedAt(seed, position) / 2 ** 32) * total;
    let chosen = 0;
    for (let at = 0; at < candidates.count && rest >= 0; at++) {
      const weight = this.#weights[at] ?? 0;
      if (weight > 0) chosen = candidates.ids[at] ?? 0;
      rest -= weight;
    }
    return chosen;
  }

  /** Top-k and top-p, each only if it cuts anything. */
  #cut(candidates: Candidates, logits: Float32Array, most: number, least: number): void {
    const { topP } = this.sampling;
    if (this.#topK < logits.length) {
      candidates.fillLargest(logits, this.#topK);
      if (topP < 1) cutMass(candidates, logits, most, topP * massOf(candidates, logits, most));
    } else if (topP < 1) {
      const mass = topP * massFrom(logits, most, -Infinity);
      candidates.fillSorted(logits, depthOf(logits, most, mass));
      cutMass(candidates, logits, most, mass);
    } else {
      candidates.fillInOrder(logits, least);
    }
  }
}

/** Probability, as a multiple of the likeliest token's, of all logits from `least` on. */
function massFrom(logits: Float32Array, most: number, least: number): number {
  let mass = 0;
  for (const logit of logits) if (logit >= least) mass += Math.exp(logit - most);
  return mass;
}

/** A logit from which on the tokens have that much of the probability; they are few. */
function depthOf(logits: Float32Array, most: number, mass: number): number {
  // Beyond it exp() is 0.
  for (let depth = 4; depth < 1024; depth *= 2) {
    if (massFrom(logits, most, most - depth) >= mass) return most - depth;
  }
  return -Infinity;
}

function massOf(candidates: Candidates, logits: Float32Array, most: number): number {
  let mass = 0;
  for (let at = 0; at < candidates.count; at++) {
    mass += Math.exp((logits[candidates.ids[at] ?? 0] ?? NaN) - most);
  }
  return mass;
}

/** Keeps the fewest of the first candidates that have the mass together. */
function cutMass(candidates: Candidates, logits: Float32Array, most: number, mass: number): void {
  let rest = mass;
  for (let at = 0; at < candidates.count; at++) {
    rest -= Math.exp((logits[candidates.ids[at] ?? 0] ?? NaN) - most);
    if (rest <= 0) candidates.count = at + 1;
  }
}
