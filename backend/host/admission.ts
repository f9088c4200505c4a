/** How much more a model can run: pure, so that backend and device host agree. */
import type { RequestClass } from '../protocol/generation.ts';

/** What a model can hold, in slots and tokens. */
export interface ModelShape {
  readonly slots: number;
  readonly contextLength: number;
  /** Tokens that all slots together can hold. */
  readonly kvTokens: number;
}

/** What a running request holds; tokens are those of `reservedTokens`. */
export interface Reservation {
  readonly class: RequestClass;
  readonly tokens: number;
}

/** Room for one more request: the tokens it may reserve, for each class that may come. */
export type Room = Readonly<Partial<Record<RequestClass, number>>>;

/**
 * Tokens of an answer that are reserved in advance. Chats leave the length of their answer open;
 * reserving all that it could become would let one chat hold the whole cache. Should many answers
 * be longer than this at once, the scheduler parks the least urgent until there is room again.
 */
const RESERVED_ANSWER_TOKENS = 1024;

/** The longest sequence that the model can hold in a slot. */
export function sequenceLimit(model: ModelShape): number {
  return Math.min(model.contextLength, model.kvTokens);
}

/** Tokens to reserve for a request that has `length` tokens and may add `remaining`. */
export function reservedTokens(model: ModelShape, length: number, remaining: number): number {
  return Math.min(length + Math.min(remaining, RESERVED_ANSWER_TOKENS), sequenceLimit(model));
}

/**
 * An idle model takes anything. With more than one slot, one of them is for completions alone, and so is a slot's share of the
 * cache, as far as that leaves the others one whole context: who types must not wait for who chats.
 */
export function roomFor(model: ModelShape, running: readonly Reservation[]): Room {
  if (running.length >= model.slots) return {};
  if (running.length === 0) return roomForAll(Infinity, Infinity);
  const others = running.filter((one) => one.class !== 'completion');
  const heldByOthers = sum(others);
  const heldByCompletions = sum(running) - heldByOthers;
  const free = Math.max(0, model.kvTokens - heldByOthers - heldByCompletions);
  if (model.slots > 1 && others.length >= model.slots - 1) return { completion: free };

  const share = Math.floor(model.kvTokens / model.slots);
  const kept = model.slots === 1 ? 0 : Math.min(share, model.kvTokens - sequenceLimit(model));
  const open = Math.max(0, free - Math.max(0, kept - heldByCompletions));
  return roomForAll(free, open);
}

function roomForAll(completion: number, others: number): Room {
  return { completion, chat: others, agent: others, batch: others, warmup: others };
}

function sum(running: readonly Reservation[]): number {
  return running.reduce((total, { tokens }) => total + tokens, 0);
}
