/** How one slot chooses its next token from the logits: the library's own sampler chain. */
import type { Llama } from './llama.ts';
import type { Pointer } from './llamaTypes.ts';
import { PENALTY_WINDOW, seedAt, type ResolvedSampling } from './sampling.ts';

/** LLAMA_DEFAULT_SEED asks the library for a random seed. */
const RANDOM_SEED = 0xffff_ffff;

export class CpuSampler {
  /** None when the largest logit is the answer. */
  readonly #chain: Pointer | undefined;
  readonly #random: boolean;
  /** Samplers in the chain. */
  #count = 0;

  /** @param history tokens for the repetition penalty, oldest first */
  constructor(
    private readonly api: Llama,
    vocabularySize: number,
    private readonly sampling: ResolvedSampling,
    history: Int32Array,
  ) {
    const { temperature, topK, topP, minP, repetitionPenalty } = sampling;
    this.#random = temperature > 0;
    const penalized = repetitionPenalty !== 1;
    if (!this.#random && !penalized) return;

    const chain = api.sampler_chain_init({ no_perf: true });
    this.#chain = chain;
    // The order of llama.cpp's own default chain (common/common.h).
    if (penalized) {
      this.#add(
        api.sampler_init_penalties(vocabularySize, PENALTY_WINDOW, repetitionPenalty, 0, 0),
      );
      for (const token of history.subarray(-PENALTY_WINDOW)) api.sampler_accept(chain, token);
    }
    if (this.#random) {
      this.#add(api.sampler_init_top_k(topK));
      this.#add(api.sampler_init_top_p(topP, 1));
      this.#add(api.sampler_init_min_p(minP, 1));
      this.#add(api.sampler_init_temp(temperature));
      this.#add(api.sampler_init_dist(0));
    } else {
      this.#add(api.sampler_init_greedy());
    }
  }

  /**
   * Choose a token.
   * @param index of the token's logits in the batch
   * @param greedy index of the largest of these logits
   * @param position tokens that the slot holds
   */
  sample(context: Pointer, index: number, greedy: number, position: number): number {
    if (this.#chain === undefined) return greedy;
    if (this.#random) {
      const last = this.api.sampler_chain_remove(this.#chain, --this.#count);
      this.api.sampler_free(last);
      const seed = seedAt(this.sampling.seed, position);
      this.#add(this.api.sampler_init_dist(Math.min(seed, RANDOM_SEED - 1)));
    }
    return this.api.sampler_sample(this.#chain, context, index);
  }

  free(): void {
    if (this.#chain !== undefined) this.api.sampler_free(this.#chain);
  }

  #add(sampler: Pointer): void {
    if (this.#chain === undefined) return;
    this.api.sampler_chain_add(this.#chain, sampler);
    this.#count++;
  }
}
