/** The longest form of a conversation that leaves the model room to answer, as tokens. */
import type { ChatFormat, ChatPrompt } from '../models/chatPrompt.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import { countCharacters, cutPoints, splitConversation } from './conversation.ts';

/** With less room than this, the prompt is too long rather than the answer short. */
const MIN_ANSWER_TOKENS = 32;
/** Part of the context that older turns leave to the answer. */
const ANSWER_SHARE = 0.25;
/** No tokenizer packs more text than this into its average token: longer text cannot fit. */
const MAX_CHARACTERS_PER_TOKEN = 32;

export interface FitOptions {
  readonly thinking?: boolean | undefined;
  /** Tokens the answer may take; what fits when absent. */
  readonly maxTokens?: number | undefined;
}

export interface FittedPrompt extends ChatPrompt {
  readonly tokens: Int32Array;
  /** Oldest messages left out. */
  readonly droppedMessages: number;
}

/** @throws PilotError promptTooLong when the last user message does not fit even alone. */
export async function fitConversation(
  model: ModelHandle,
  format: ChatFormat,
  messages: readonly ChatMessage[],
  options: FitOptions,
): Promise<FittedPrompt> {
  const wanted = options.maxTokens ?? Number.POSITIVE_INFINITY;
  const { system, turns } = splitConversation(messages);
  const cuts = cutPoints(turns, Math.ceil(model.contextLength / 2));
  const maxCharacters = model.contextLength * MAX_CHARACTERS_PER_TOKEN;

  /** The prompt that starts at that cut; undefined when it is too long. */
  const attempt = async (index: number): Promise<FittedPrompt | undefined> => {
    const isLast = index === cuts.length - 1;
    const start = cuts[index] ?? 0;
    const candidate = [...system, ...turns.slice(start)];
    const characters = countCharacters(candidate);
    if (characters > maxCharacters) {
      if (!isLast) return undefined;
      throw tooLong(`at least ${Math.ceil(characters / MAX_CHARACTERS_PER_TOKEN)}`, model);
    }
    const prompt = format.build(candidate, { thinking: options.thinking });
    const tokens = await model.encode(prompt.pieces);
    const share = isLast ? MIN_ANSWER_TOKENS : Math.ceil(model.contextLength * ANSWER_SHARE);
    if (tokens.length + Math.min(wanted, share) <= model.contextLength) {
      return { ...prompt, tokens, droppedMessages: start };
    }
    if (isLast) throw tooLong(tokens.length, model);
    return undefined;
  };

  const whole = await attempt(0);
  if (whole) return whole;
  // Longer prompts do not fit where shorter ones do not: bisect for the first cut that fits.
  let low = 1;
  let high = cuts.length - 1;
  let best: FittedPrompt | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const fitted = await attempt(middle);
    if (fitted) {
      best = fitted;
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  const found = best?.droppedMessages === cuts[low] ? best : await attempt(low);
  if (!found) throw new PilotError('internalError');
  return found;
}

function tooLong(tokens: number | string, model: ModelHandle): PilotError {
  return new PilotError('promptTooLong', {
    tokens,
    limit: Math.max(0, model.contextLength - MIN_ANSWER_TOKENS),
  });
}
