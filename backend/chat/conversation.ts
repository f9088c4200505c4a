/** Where a conversation that is longer than the model's context can be cut. */
import type { ChatMessage } from '../protocol/chat.ts';

export interface Conversation {
  /** Kept whatever is cut. */
  readonly system: readonly ChatMessage[];
  readonly turns: readonly ChatMessage[];
}

export function splitConversation(messages: readonly ChatMessage[]): Conversation {
  const firstTurn = messages.findIndex(({ role }) => role !== 'system');
  const split = firstTurn < 0 ? 0 : firstTurn;
  return { system: messages.slice(0, split), turns: messages.slice(split) };
}

/**
 * Indexes of turns a shorter conversation may start with: the first is 0, the last that of the last
 * user message. All are user turns, because an answer without its question confuses templates and
 * models.
 *
 * Cuts lie on a grid of `step` characters from the conversation's start, so that the next requests
 * of a growing conversation begin with the same words and find their KV cache again.
 */
export function cutPoints(turns: readonly ChatMessage[], step: number): number[] {
  const lastUser = turns.findLastIndex(({ role }) => role === 'user');
  const last = lastUser < 0 ? turns.length - 1 : lastUser;
  const cuts = [0];
  let dropped = 0;
  let cell = 0;
  for (const [index, { role, content }] of turns.entries()) {
    if (index >= last) break;
    if (role === 'user' && Math.floor(dropped / step) > cell) {
      cell = Math.floor(dropped / step);
      cuts.push(index);
    }
    dropped += content.length;
  }
  if (last > 0) cuts.push(last);
  return cuts;
}

/** No tokenizer packs more text than this into its average token: longer text cannot fit. */
export const MAX_CHARACTERS_PER_TOKEN = 32;

export function countCharacters(messages: readonly ChatMessage[]): number {
  return messages.reduce(
    (sum, { content, toolCalls = [] }) =>
      sum + content.length + (toolCalls.length > 0 ? JSON.stringify(toolCalls).length : 0),
    0,
  );
}
