/** The longest form of a conversation that leaves the model room to answer, as tokens. */
import type { ChatFormat, ChatPrompt, PromptOptions } from '../models/chatPrompt.ts';
import type { ChatMessage, ToolDefinition } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import {
  countCharacters,
  cutPoints,
  MAX_CHARACTERS_PER_TOKEN,
  splitConversation,
} from './conversation.ts';
import { encodeIfShort } from './encodeIfShort.ts';
import { fitTools, usedTools } from './fitTools.ts';
import { shortenToolResults, type ShortenedMessages } from './toolResults.ts';

/** With less room than this, the prompt is too long rather than the answer short. */
const MIN_ANSWER_TOKENS = 32;
/** Part of the context that older turns leave to the answer. */
const ANSWER_SHARE = 0.25;
/** Part of the context that tools may take; less only when the last question does not fit else. */
const TOOL_SHARES = [0.5, 0.25, 0.1, 0];
/** Characters of a tool's answer for each token of the context; less when there is no room else. */
const RESULT_SHARES = [1, 0.25, 0.06];

export interface FitOptions extends PromptOptions {
  /** Tokens the answer may take; what fits when absent. */
  readonly maxTokens?: number | undefined;
}

export interface FittedPrompt extends ChatPrompt {
  readonly tokens: Int32Array;
  /** Those the model was shown. */
  readonly tools: readonly ToolDefinition[];
  /** Oldest messages left out. */
  readonly droppedMessages: number;
  /** Tools' answers that were cut in the middle. */
  readonly shortenedResults: number;
}

/** @throws PilotError promptTooLong when the last user message does not fit even alone. */
export async function fitConversation(
  model: ModelHandle,
  format: ChatFormat,
  messages: readonly ChatMessage[],
  options: FitOptions,
): Promise<FittedPrompt> {
  const offered = format.takesTools ? (options.tools ?? []) : [];
  const used = usedTools(messages);
  let refusal: PilotError | undefined;
  for (const share of TOOL_SHARES) {
    const tools = await fitTools(model, format, offered, used, share);
    for (const limit of RESULT_SHARES) {
      const shorter = shortenToolResults(messages, Math.ceil(model.contextLength * limit));
      const fitted = await fitTurns(model, format, shorter, { ...options, tools });
      if (!(fitted instanceof PilotError)) return fitted;
      refusal = fitted;
      if (shorter.shortened === 0 && messages.every(({ role }) => role !== 'tool')) break;
    }
    if (tools.length === 0) break;
  }
  throw refusal ?? new PilotError('internalError');
}

/** The conversation without its oldest turns, as far as need be; or the error that says it all. */
async function fitTurns(
  model: ModelHandle,
  format: ChatFormat,
  { messages, shortened }: ShortenedMessages,
  options: FitOptions & { readonly tools: readonly ToolDefinition[] },
): Promise<FittedPrompt | PilotError> {
  const wanted = options.maxTokens ?? Number.POSITIVE_INFINITY;
  const { system, turns } = splitConversation(messages);
  const cuts = cutPoints(turns, Math.ceil(model.contextLength / 2));
  const maxCharacters = model.contextLength * MAX_CHARACTERS_PER_TOKEN;

  /** The prompt that starts at that cut, or why it is too long. */
  const attempt = async (index: number): Promise<FittedPrompt | PilotError> => {
    const start = cuts[index] ?? 0;
    const candidate = [...system, ...turns.slice(start)];
    const characters = countCharacters(candidate);
    if (characters > maxCharacters) {
      return tooLong(`at least ${Math.ceil(characters / MAX_CHARACTERS_PER_TOKEN)}`, model);
    }
    const prompt = format.build(candidate, options);
    const tokens = await encodeIfShort(model, prompt.pieces);
    if (tokens instanceof PilotError) return tokens;
    const isLast = index === cuts.length - 1;
    const share = isLast ? MIN_ANSWER_TOKENS : Math.ceil(model.contextLength * ANSWER_SHARE);
    if (tokens.length + Math.min(wanted, share) > model.contextLength) {
      return tooLong(tokens.length, model);
    }
    const tools = prompt.showsTools ? options.tools : [];
    return { ...prompt, tokens, tools, droppedMessages: start, shortenedResults: shortened };
  };

  const whole = await attempt(0);
  if (cuts.length === 1 || !(whole instanceof PilotError)) return whole;
  // Longer prompts do not fit where shorter ones do not: bisect for the first cut that fits.
  let low = 1;
  let high = cuts.length - 1;
  let best: FittedPrompt | undefined;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const fitted = await attempt(middle);
    if (fitted instanceof PilotError) {
      low = middle + 1;
    } else {
      best = fitted;
      high = middle;
    }
  }
  return best !== undefined && best.droppedMessages === cuts[low] ? best : attempt(low);
}

function tooLong(tokens: number | string, model: ModelHandle): PilotError {
  return new PilotError('promptTooLong', {
    tokens,
    limit: Math.max(0, model.contextLength - MIN_ANSWER_TOKENS),
  });
}
