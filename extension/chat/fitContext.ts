/** Makes a prompt as long as the model's context allows, by the model's own tokenizer. */
import type { ChatMessage } from '../../backend/protocol/chat.ts';
import type { BackendSession } from '../backendSession.ts';
import { isCancelled } from '../problems.ts';

/**
 * Characters per token to try, in this order: code and English first, then dense code, Chinese and
 * Japanese, and last what a tokenizer knows by its bytes only. Few steps, so that a conversation
 * stays at one of them, and is cut at the same place from turn to turn.
 */
const CHARACTERS_PER_TOKEN = [3, 2, 1, 0.5] as const;

/** Tokens that an answer of `maxTokens` leaves to the prompt. */
export function promptTokens(contextLength: number, maxTokens: number): number {
  // Half of the context stays with the question even when long answers are allowed.
  return Math.max(contextLength - maxTokens, Math.floor(contextLength / 2));
}

/** The tokens of a prompt; undefined when the backend can't tell. */
export type CountTokens = (messages: readonly ChatMessage[]) => Promise<number | undefined>;

/** An older backend doesn't count; one without a model says so again when it is asked to answer. */
export function countBy(session: BackendSession, signal: AbortSignal): CountTokens {
  return async (messages) => {
    try {
      const params = { messages: [...messages] };
      return (await session.request('chat/countTokens', params, signal)).tokens;
    } catch (error) {
      if (isCancelled(error)) throw error;
      return undefined;
    }
  };
}

/**
 * The first build that fits. The last one is returned whatever its length: the backend then says
 * what doesn't fit.
 * @param build Makes the prompt for a budget in characters.
 * @param limit Tokens of the prompt.
 */
export async function fitContext<T extends { readonly messages: readonly ChatMessage[] }>(
  build: (characters: number) => T,
  limit: number,
  count: CountTokens,
): Promise<T> {
  const [first, ...denser] = CHARACTERS_PER_TOKEN.map((ratio) => Math.floor(limit * ratio));
  let built = build(first ?? limit);
  for (const characters of denser) {
    const tokens = await count(built.messages);
    if (tokens === undefined || tokens <= limit) return built;
    built = build(characters);
  }
  return built;
}
