/** Sampling as drivers carry it out: defaults filled in, randomness tied to the position. */
import type { Sampling } from '../protocol/generation.ts';

/** A request's sampling with nothing left open but the seed. */
export interface ResolvedSampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
}

/** llama.cpp's default of `repeat_last_n`: the tokens that a repetition penalty looks back on. */
export const PENALTY_WINDOW = 64;

/** llama.cpp's own defaults (common/common.h, common_params_sampling). */
const defaults = { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, repetitionPenalty: 1 };

/**
 * Fill in what a request left open.
 * @param drawSeed gives the seed of a request that named none
 */
export function resolveSampling(sampling: Sampling, drawSeed: () => number): ResolvedSampling {
  return {
    temperature: sampling.temperature ?? defaults.temperature,
    topK: sampling.topK ?? defaults.topK,
    topP: sampling.topP ?? defaults.topP,
    minP: sampling.minP ?? defaults.minP,
    repetitionPenalty: sampling.repetitionPenalty ?? defaults.repetitionPenalty,
    seed: sampling.seed ?? drawSeed(),
  };
}

/**
 * The seed of the one token at `position`. With a random number that depends on nothing else, a
 * request that was parked, aborted or moved to another device goes on exactly as it would have.
 */
export function seedAt(seed: number, position: number): number {
  // Steps of the golden ratio, then murmur3's finalizer: neighbouring seeds share no sequence.
  let h = (seed + Math.imul(position + 1, 0x9e37_79b9)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
