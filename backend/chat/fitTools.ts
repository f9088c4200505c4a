/** The tools that a model's context has room for. */
import type { ChatFormat } from '../models/chatPrompt.ts';
import type { ChatMessage, ToolDefinition } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import { MAX_CHARACTERS_PER_TOKEN } from './conversation.ts';
import { encodeIfShort } from './encodeIfShort.ts';

/** The shortest conversation there is: what the template adds to it is the tools' own text. */
const ASKING: readonly ChatMessage[] = [{ role: 'user', content: '?' }];

/**
 * The first `count` tools and those that were used before, in the order given: a tool that goes
 * missing in the middle of a conversation would leave its calls unexplained, and another order would
 * make the whole prompt new.
 */
export function chooseTools(
  tools: readonly ToolDefinition[],
  used: ReadonlySet<string>,
  count: number,
): ToolDefinition[] {
  return tools.filter(({ name }, index) => index < count || used.has(name));
}

/** Names of the tools that were called in a conversation. */
export function usedTools(messages: readonly ChatMessage[]): Set<string> {
  return new Set(messages.flatMap(({ toolCalls = [] }) => toolCalls.map(({ name }) => name)));
}

/**
 * As many tools as fit into `share` of the context, counted by the model's own tokenizer; the first
 * are the most wanted. It depends on nothing else, so that a growing conversation keeps its tools.
 */
export async function fitTools(
  model: ModelHandle,
  format: ChatFormat,
  tools: readonly ToolDefinition[],
  used: ReadonlySet<string>,
  share: number,
): Promise<readonly ToolDefinition[]> {
  const budget = Math.floor(model.contextLength * share);
  if (tools.length === 0 || budget === 0) return [];
  const fits = async (chosen: readonly ToolDefinition[]): Promise<boolean> => {
    if (JSON.stringify(chosen).length > budget * MAX_CHARACTERS_PER_TOKEN) return false;
    const { pieces } = format.build(ASKING, { tools: chosen });
    const tokens = await encodeIfShort(model, pieces);
    return !(tokens instanceof PilotError) && tokens.length <= budget;
  };
  if (await fits(tools)) return tools;
  let most = 0;
  let tooMany = tools.length;
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2);
    if (await fits(chooseTools(tools, used, middle))) most = middle;
    else tooMany = middle;
  }
  const chosen = chooseTools(tools, used, most);
  // With none but the used ones it was not tried yet.
  return most > 0 || (await fits(chosen)) ? chosen : [];
}
