/** What the figures of a verification mean: pure. */
import type {
  GreedyComparison,
  SubModelVerification,
  TensorComparison,
} from '../protocol/verification.ts';
import { formatLayers } from './layers.ts';

/** The cosine is blind to a wrong scale; this is not. */
export const EUCLIDEAN_THRESHOLD = 0.9;

/** What was measured of one tensor. */
export type TensorFigures = Omit<TensorComparison, 'passed'> & { readonly isUnwritten: boolean };

export function judgeTensor(
  { isUnwritten, ...figures }: TensorFigures,
  threshold: number,
): TensorComparison {
  const passed =
    !isUnwritten &&
    figures.nanCount === 0 &&
    figures.infCount === 0 &&
    figures.cosine >= threshold &&
    figures.euclidean >= EUCLIDEAN_THRESHOLD;
  return { ...figures, passed };
}

export interface SubModelFigures {
  readonly name: string;
  readonly layer?: number | undefined;
  readonly tensors: readonly TensorFigures[];
  /** Why it could not be run. */
  readonly failure?: string | undefined;
}

export function judgeSubModel(
  { name, layer, tensors, failure }: SubModelFigures,
  threshold: number,
): SubModelVerification {
  const judged = tensors.map((tensor) => judgeTensor(tensor, threshold));
  const unwritten = tensors.filter(({ isUnwritten }) => isUnwritten).map((tensor) => tensor.name);
  const why = failure ?? (unwritten.length > 0 ? neverWrites(unwritten) : undefined);
  return {
    name,
    ...(layer !== undefined && { layer }),
    passed: why === undefined && judged.length > 0 && judged.every(({ passed }) => passed),
    tensors: judged,
    ...(why !== undefined && { failure: why }),
  };
}

function neverWrites(tensors: readonly string[]): string {
  return `it never writes ${tensors.join(', ')}`;
}

export interface GreedyFigures {
  readonly prompt: string;
  readonly promptTokens: number;
  readonly expected: readonly number[];
  readonly actual: readonly number[];
  readonly text: string;
  /** `spread` is the standard deviation of the float model's logits there. */
  readonly difference?:
    { readonly position: number; readonly gap: number; readonly spread: number } | undefined;
}

/** Shares of the logits' spread that rounding can turn, by bits of a weight. */
const TIE_OF_4_BITS = 0.25;
const TIE = 0.1;

/** @param bits of a weight; 4, 8 or 16 */
export function judgeGreedy(figures: GreedyFigures, bits: number): GreedyComparison {
  const { difference, expected, actual, ...rest } = figures;
  const share = bits === 4 ? TIE_OF_4_BITS : TIE;
  const isNearTie = difference !== undefined && difference.gap <= share * difference.spread;
  return {
    ...rest,
    expected: [...expected],
    actual: [...actual],
    ...(difference && {
      firstDifference: { position: difference.position, gap: difference.gap, isNearTie },
    }),
    passed: actual.length === expected.length && (difference === undefined || isNearTie),
  };
}

/** Below this, a tensor has lost more than coarse weights can take from it. */
const RECOGNISABLE = 0.8;
/** Nets of a layer share its weights, so coarse weights hurt them alike; more apart is another fault. */
const ALIKE = 0.05;

/** The lowest cosine; -1 for a net that failed in another way. */
function worstCosine({ tensors, failure }: SubModelVerification): number {
  const isBroken = tensors.some(({ nanCount, infCount }) => nanCount + infCount > 0);
  if (failure !== undefined || isBroken) return -1;
  return Math.min(...tensors.map(({ cosine }) => cosine));
}

/** Nets that fail while another net with the same weights is right: more bits are no remedy. */
export function miscompiled(subModels: readonly SubModelVerification[]): SubModelVerification[] {
  return subModels.filter((net) => {
    if (net.passed || net.layer === undefined) return false;
    const others = subModels.filter(({ layer, name }) => layer === net.layer && name !== net.name);
    return others.some((other) => other.passed && worstCosine(other) - worstCosine(net) > ALIKE);
  });
}

/**
 * The layers that 16-bit weights would help, as `--keep-high` takes them, with those that are high
 * already; undefined when there are none.
 */
export function keepHighFor(
  subModels: readonly SubModelVerification[],
  bits: number,
  already: readonly number[],
): string | undefined {
  if (bits === 16) return undefined;
  const hopeless = new Set(miscompiled(subModels).map(({ layer }) => layer));
  const helped = new Set<number>();
  for (const net of subModels) {
    if (net.passed || net.layer === undefined || already.includes(net.layer)) continue;
    if (!hopeless.has(net.layer) && worstCosine(net) >= RECOGNISABLE) helped.add(net.layer);
  }
  return helped.size === 0 ? undefined : formatLayers([...already, ...helped]);
}

export interface RankedTensor extends TensorComparison {
  readonly net: string;
}

/** All tensors, those that fail first, then by how far they are off. */
export function worstFirst(subModels: readonly SubModelVerification[]): RankedTensor[] {
  return subModels
    .flatMap(({ name, tensors }) => tensors.map((tensor) => ({ ...tensor, net: name })))
    .sort(
      (a, b) =>
        Number(a.passed) - Number(b.passed) || a.cosine - b.cosine || a.euclidean - b.euclidean,
    );
}

/** Sentences for people about what the figures do not say by themselves. */
export function notesOn(
  subModels: readonly SubModelVerification[],
  greedy: readonly GreedyComparison[],
): string[] {
  const wrong = miscompiled(subModels).map(
    ({ name, layer }) =>
      `${name} fails where other nets with the weights of layer ${layer ?? ''} do not: ` +
      'it is compiled wrongly, and more bits would not help it.',
  );
  const ties = greedy.filter(({ firstDifference }) => firstDifference?.isNearTie).length;
  const tie = `${ties} of ${greedy.length} prompts go another way at a near tie, as rounding may.`;
  return [...wrong, ...(ties > 0 ? [tie] : [])];
}

export function verdict(
  subModels: readonly SubModelVerification[],
  greedy: readonly GreedyComparison[],
): boolean {
  return subModels.length > 0 && [...subModels, ...greedy].every(({ passed }) => passed);
}
