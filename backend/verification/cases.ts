/** What is run of a bmodel: nets of a language model, in the order in which a token meets them. Pure. */
import type { BmodelNet } from '../formats/bmodelNet.ts';

/** As python/emulate.py takes them. */
export type Case =
  | { readonly net: string }
  | { readonly given: string | null; readonly input: string; readonly reference: string };

export interface NetPlan {
  /** Names of the nets that are compared. */
  readonly nets: readonly string[];
  /** Nets that nothing is known of. */
  readonly unknown: readonly string[];
}

/** What python/cases.py has inputs and answers for. */
const BEFORE = ['embedding', 'embedding_cache'];
const AFTER = ['lm_head', 'greedy_head', 'sample_head'];
/** Of a layer, in the order prefill, prefill after a history, decode. */
const BLOCKS = ['block', 'block_kv', 'block_cache'];
const BLOCK = /^(block(?:_kv|_cache)?)_(\d+)$/u;

export function layerOf(net: string): number | undefined {
  const layer = BLOCK.exec(net)?.[2];
  return layer === undefined ? undefined : Number(layer);
}

/** A bmodel that decodes text as the compiler's converter builds it. */
export function isLanguageModel(nets: readonly Pick<BmodelNet, 'name'>[]): boolean {
  const names = new Set(nets.map(({ name }) => name));
  return ['block_0', 'block_cache_0', 'lm_head'].every((name) => names.has(name));
}

export function countLayers(nets: readonly Pick<BmodelNet, 'name'>[]): number {
  return Math.max(0, ...nets.map(({ name }) => (layerOf(name) ?? -1) + 1));
}

/** @param layers only these; the nets outside the layers are then left out too */
export function planNets(
  nets: readonly Pick<BmodelNet, 'name'>[],
  layers: readonly number[] | undefined,
): NetPlan {
  const names = nets.map(({ name }) => name);
  const rank = (name: string): number => {
    const [, kind, layer] = BLOCK.exec(name) ?? [];
    if (kind === undefined)
      return BEFORE.includes(name) ? BEFORE.indexOf(name) - BEFORE.length : Infinity;
    return Number(layer) * BLOCKS.length + BLOCKS.indexOf(kind);
  };
  const isKnown = (name: string): boolean =>
    layerOf(name) !== undefined || BEFORE.includes(name) || AFTER.includes(name);
  const isWanted = (name: string): boolean => {
    if (!layers) return true;
    const layer = layerOf(name);
    return layer !== undefined && layers.includes(layer);
  };
  return {
    nets: [...names.filter((name) => isKnown(name) && !AFTER.includes(name))]
      .sort((a, b) => rank(a) - rank(b))
      .concat(AFTER.filter((name) => names.includes(name)))
      .filter(isWanted),
    unknown: names.filter((name) => !isKnown(name)),
  };
}
