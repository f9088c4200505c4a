/**
 * What goes into the next step: a pure function of the runs that have a slot. Every answer gets its
 * token in every step, and one prompt a chunk of its prefill, so a long prompt delays the others by
 * a chunk and not by its length.
 */
import { RequestClass } from '../protocol/generation.ts';
import { urgency } from './classOrder.ts';

/** A request that has a slot. */
export interface RunView {
  readonly slot: number;
  readonly class: RequestClass;
  /** Order of arrival. */
  readonly order: number;
  /** Tokens whose KV is not computed yet, at least 1. */
  readonly remaining: number;
  /** Its prefill is at its beginning: no KV is computed. */
  readonly isFirst: boolean;
  /** False for a warm-up, which only wants its KV. */
  readonly wantsToken: boolean;
  /** For how long its prefill has had no chunk, in ms. */
  readonly waitedMs: number;
}

export interface ChunkLimits {
  /** Tokens of a chunk while others wait for their next token, and of a completion's always. */
  readonly shared: number;
  /** Tokens of a chunk while nobody does. A cancel need not wait for it: steps can be aborted. */
  readonly alone: number;
  /** Of a chunk that is not the first, where each of its tokens takes as long as one of an answer. */
  readonly later?: number;
}

/** Below 128 the matrix kernels of a CPU lose half their speed; above, the others stall longer. */
const defaultChunks: ChunkLimits = { shared: 128, alone: 512 };

export interface BatchChoice {
  /** Slots that decode, in the order of the runs. */
  readonly decodes: readonly number[];
  readonly prefill?: { readonly slot: number; readonly count: number };
}

/**
 * Warm-ups, with an answer or without, are in a step of their own, which is aborted when a request
 * comes that somebody waits for: they delay it by no step, and make none of its steps longer.
 * @returns a choice without decodes and prefill when there are no runs
 */
export function chooseBatch(
  all: readonly RunView[],
  chunks: ChunkLimits = defaultChunks,
): BatchChoice {
  const real = all.filter((run) => run.class !== 'warmup');
  const runs = real.length > 0 ? real : all;
  // One last prompt token is a decode like any other, and leaves the prefill to somebody else.
  const decodes = runs.filter((run) => run.remaining === 1 && run.wantsToken);
  const next = nextPrefill(runs.filter((run) => !decodes.includes(run)));
  const isSmall = decodes.length > 0 || next?.class === 'completion';
  const most = isSmall ? chunks.shared : chunks.alone;
  const limit = next?.isFirst === false ? Math.min(most, chunks.later ?? most) : most;
  return {
    decodes: decodes.map((run) => run.slot),
    ...(next && { prefill: { slot: next.slot, count: Math.min(next.remaining, limit) } }),
  };
}

/**
 * The first of each class by arrival is a candidate: prompts of one class are finished one after
 * the other, since taking turns would make each of them late.
 */
function nextPrefill(runs: readonly RunView[]): RunView | undefined {
  const candidates = RequestClass.options.flatMap((name) => {
    const [first] = runs.filter((run) => run.class === name).sort((a, b) => a.order - b.order);
    return first === undefined ? [] : [first];
  });
  const [next] = candidates.sort(
    (a, b) => urgency(b.class, b.waitedMs) - urgency(a.class, a.waitedMs),
  );
  return next;
}

/** A run that is in the step being computed. */
export interface StepMember {
  readonly class: RequestClass;
  readonly cancelled: boolean;
}

/**
 * Whether to abort the running step, which loses its work: when nobody wants that work any more, or
 * when it is a warm-up's and a real request waits. Not a completion's: the next key asks again from
 * the same prefix, and somebody who types faster than a chunk would never get beyond the first.
 */
export function isWorthAborting(members: readonly StepMember[], realOneWaits: boolean): boolean {
  return members.every(
    (member) =>
      (member.cancelled && member.class !== 'completion') ||
      (realOneWaits && member.class === 'warmup'),
  );
}
