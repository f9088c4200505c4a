/**
 * Which slot a prompt gets, and what becomes of the KV that is there: pure functions of what the
 * slots hold. On a CPU a token of prefill costs about what a token of answer does, so the prefix
 * that need not be computed decides the time to the first token.
 */

export interface SlotView {
  readonly slot: number;
  /** Tokens whose KV the slot holds. */
  readonly tokens: readonly number[];
  readonly active: boolean;
  /** Tokens that an active slot's request has reserved; 0 for idle ones. */
  readonly reserved: number;
  /** Grows with each use: the idle slot with the smallest was idle longest. */
  readonly lastUsed: number;
}

/** A conversation whose KV waits in host memory. */
export interface ParkedView {
  readonly key: number;
  readonly tokens: readonly number[];
  readonly bytes: number;
}

/** Whatever has the KV of some tokens, or is to get it. */
type Holder = Pick<ParkedView, 'tokens'>;

/** What the slot is wanted for. */
export interface SlotDemand {
  /** The prompt, and what was generated before if it continues. Never empty. */
  readonly sequence: readonly number[];
  /** Tokens to reserve, see `reservedTokens`. */
  readonly reserved: number;
}

export interface SlotLimits {
  readonly kvTokens: number;
  /** Cost of a token of prefill, in ms: measured, or predicted before it was. */
  readonly prefillMsPerToken: number;
  /** Speed of copies of KV between host memory and cache. */
  readonly copyBytesPerMs: number;
  /** Of the model, see `LoadedModel`. */
  readonly firstChunk?: number | undefined;
}

/** One thing to do to the slots, with the meanings of `LoadedModel`. */
export type SlotAction =
  | { readonly kind: 'truncate'; readonly slot: number; readonly length: number }
  | { readonly kind: 'release'; readonly slot: number }
  | { readonly kind: 'fork'; readonly from: number; readonly to: number; readonly length: number }
  | { readonly kind: 'park'; readonly slot: number }
  /** Park a copy, and keep the first `length` tokens in the slot. */
  | { readonly kind: 'parkCopy'; readonly slot: number; readonly length: number }
  | { readonly kind: 'unpark'; readonly key: number; readonly slot: number };

export interface SlotChoice {
  readonly slot: number;
  /** What to do, in this order. */
  readonly actions: readonly SlotAction[];
  /** Tokens of the sequence that the slot holds afterwards. */
  readonly cached: number;
}

/** Conversations with fewer tokens of their own are computed again rather than kept. */
const WORTH_KEEPING_TOKENS = 64;
/** A shorter common prefix is an accident, such as the same first words of the template. */
const WORTH_SHARING_TOKENS = 16;

/**
 * Tokens of a chunk that take as long as one token alone: that one waits for the weights, 64 GB/s of
 * them, and a chunk for its 16 TFLOPS, of which about half are reached.
 */
export const TOKENS_AS_ONE = 50;

/**
 * Whether to compute a sequence anew although a slot has its beginning: where only a first chunk is
 * computed at once, each token after a beginning costs as much as a token of the answer.
 * @param cached tokens that the slot has
 * @param length of the sequence
 * @param firstChunk of the model, see `LoadedModel`
 */
export function isCheaperAnew(
  cached: number,
  length: number,
  firstChunk: number | undefined,
): boolean {
  if (cached === 0 || firstChunk === undefined) return false;
  const savedTokens = Math.min(length, firstChunk) - cached;
  return savedTokens > firstChunk / TOKENS_AS_ONE;
}

/** Length of the common prefix of two sequences. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}

/**
 * @returns undefined when every slot is active, or the tokens to reserve don't fit beside theirs
 */
export function chooseSlot(
  demand: SlotDemand,
  slots: readonly SlotView[],
  parked: readonly ParkedView[],
  limits: SlotLimits,
): SlotChoice | undefined {
  // The last token is always computed: without its logits there is nothing to sample from.
  const usable = demand.sequence.length - 1;
  const match = (tokens: readonly number[]): number => {
    const length = Math.min(commonPrefix(demand.sequence, tokens), usable);
    return isCheaperAnew(length, demand.sequence.length, limits.firstChunk) ? 0 : length;
  };
  const idle = slots.filter((one) => !one.active).sort(emptyThenOldest);
  const [oldest] = idle;
  if (oldest === undefined) return undefined;
  const best = longestMatch(slots, match) ?? oldest;
  const shared = match(best.tokens);
  // What the slot will hold is nowhere to be kept besides.
  const elsewhere: readonly Holder[] = [...parked, { tokens: demand.sequence }];
  return unparked(oldest) ?? inPlace() ?? forked() ?? fresh(oldest);

  /** Bring back a parked conversation, where that saves more prefill than the copying costs. */
  function unparked(target: SlotView): SlotChoice | undefined {
    const saved = longestMatch(parked, match);
    if (saved === undefined) return undefined;
    const length = match(saved.tokens);
    const gainMs = (length - shared) * limits.prefillMsPerToken;
    if (gainMs <= saved.bytes / limits.copyBytesPerMs) return undefined;
    const actions: SlotAction[] = [
      ...vacate(target, slots, elsewhere),
      { kind: 'unpark', key: saved.key, slot: target.slot },
      ...shorten(target.slot, saved.tokens.length, length),
    ];
    return withRoom(target, length, actions, Math.max(demand.reserved, saved.tokens.length));
  }

  /** Go on in the slot that matches best, unless that destroys a longer conversation than it saves. */
  function inPlace(): SlotChoice | undefined {
    const lost = best.tokens.length - shared;
    if (best.active || lost > Math.max(shared, WORTH_KEEPING_TOKENS)) return undefined;
    return withRoom(best, shared, shorten(best.slot, best.tokens.length, shared));
  }

  /** Share the best match's prefix with the slot that was idle longest. */
  function forked(): SlotChoice | undefined {
    const target = idle.find((one) => one !== best);
    if (shared < WORTH_SHARING_TOKENS || target === undefined) return undefined;
    return withRoom(target, shared, [
      ...vacate(target, slots, elsewhere),
      { kind: 'fork', from: best.slot, to: target.slot, length: shared },
    ]);
  }

  /** Nothing worth sharing, or no other slot to share it with. */
  function fresh(target: SlotView): SlotChoice | undefined {
    const own = match(target.tokens);
    const { slot } = target;
    if (!isWorthKeeping(target, slots, elsewhere)) {
      return withRoom(target, own, shorten(slot, target.tokens.length, own));
    }
    if (own < WORTH_SHARING_TOKENS) return withRoom(target, 0, [{ kind: 'park', slot }]);
    return withRoom(target, own, [{ kind: 'parkCopy', slot, length: own }]);
  }

  /** Empties idle slots, oldest first, until the tokens needed fit. */
  function withRoom(
    target: SlotView,
    cached: number,
    actions: readonly SlotAction[],
    needed = demand.reserved,
  ): SlotChoice | undefined {
    let left = slots.filter((one) => one !== target);
    const free = (): number => limits.kvTokens - left.reduce((sum, one) => sum + held(one), 0);
    const before: SlotAction[] = [];
    const after: SlotAction[] = [];
    const source = actions.find((action) => action.kind === 'fork')?.from;
    for (const one of idle) {
      if (free() >= needed) break;
      if (one === target) continue;
      left = left.filter((other) => other !== one);
      // What is forked from must stay until it has been.
      (one.slot === source ? after : before).push(...vacate(one, left, elsewhere));
    }
    if (free() < needed) return undefined;
    return { slot: target.slot, cached, actions: [...before, ...actions, ...after] };
  }
}

/**
 * The idle slot to empty when the cache is full in the middle of an answer, oldest first.
 * @returns undefined when no idle slot holds anything
 */
export function chooseEviction(
  slots: readonly SlotView[],
  parked: readonly ParkedView[],
): readonly SlotAction[] | undefined {
  const [oldest] = slots
    .filter((one) => !one.active && one.tokens.length > 0)
    .sort((a, b) => a.lastUsed - b.lastUsed);
  return oldest === undefined ? undefined : vacate(oldest, slots, parked);
}

function shorten(slot: number, from: number, to: number): SlotAction[] {
  if (from === to) return [];
  return [to === 0 ? { kind: 'release', slot } : { kind: 'truncate', slot, length: to }];
}

/** Empty a slot: parked, if it holds a conversation that is nowhere else. */
function vacate(
  one: SlotView,
  slots: readonly SlotView[],
  others: readonly Holder[],
): SlotAction[] {
  if (one.tokens.length === 0) return [];
  const kind = isWorthKeeping(one, slots, others) ? 'park' : 'release';
  return [{ kind, slot: one.slot }];
}

function isWorthKeeping(
  one: SlotView,
  slots: readonly SlotView[],
  others: readonly Holder[],
): boolean {
  const elsewhere = [...slots.filter((other) => other !== one), ...others].reduce(
    (longest, other) => Math.max(longest, commonPrefix(one.tokens, other.tokens)),
    0,
  );
  return one.tokens.length - elsewhere >= WORTH_KEEPING_TOKENS;
}

function emptyThenOldest(a: SlotView, b: SlotView): number {
  return Number(a.tokens.length > 0) - Number(b.tokens.length > 0) || a.lastUsed - b.lastUsed;
}

/** Of equal matches an idle one, and then the one that loses least by being cut there. */
function longestMatch<T extends { readonly tokens: readonly number[]; readonly active?: boolean }>(
  holders: readonly T[],
  match: (tokens: readonly number[]) => number,
): T | undefined {
  return holders
    .map((holder) => ({ holder, length: match(holder.tokens) }))
    .sort(
      (a, b) =>
        b.length - a.length ||
        Number(a.holder.active ?? false) - Number(b.holder.active ?? false) ||
        a.holder.tokens.length - b.holder.tokens.length,
    )[0]?.holder;
}

/** Tokens that must be counted on a slot's behalf. */
function held(one: SlotView): number {
  return Math.max(one.reserved, one.tokens.length);
}
