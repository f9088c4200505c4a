/** From VS Code's chat turns to the messages of `chat/complete`. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { ChatMessage } from '../backend/protocol/chat.ts';

/**
 * Kept in each answer's metadata: exactly what was sent and generated. The next request repeats it
 * letter for letter, so the backend finds its KV cache again; and attachments stay in the
 * conversation as they were.
 */
export const TurnRecord = z.object({ sent: z.string(), answer: z.string() });
export type TurnRecord = z.infer<typeof TurnRecord>;

/** Rough, and on the safe side for code. */
const CHARACTERS_PER_TOKEN = 3;

/** Old turns go in groups of this many messages: cutting at each turn would change every prefix. */
const CUT_STEP = 8;

function markdownOf(turn: vscode.ChatResponseTurn): string {
  return turn.response
    .flatMap((part) => (part instanceof vscode.ChatResponseMarkdownPart ? [part.value.value] : []))
    .join('');
}

/** The conversation so far. Turns without an answer, such as failed ones, are left out. */
export function historyMessages(
  turns: readonly (vscode.ChatRequestTurn | vscode.ChatResponseTurn)[],
): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let prompt = '';
  for (const turn of turns) {
    if (turn instanceof vscode.ChatRequestTurn) {
      prompt = turn.prompt;
      continue;
    }
    const record = TurnRecord.safeParse(turn.result.metadata);
    const { sent, answer } = record.success
      ? record.data
      : { sent: prompt, answer: markdownOf(turn) };
    if (sent === '' || answer === '') continue;
    messages.push({ role: 'user', content: sent }, { role: 'assistant', content: answer });
  }
  return messages;
}

/** Characters that a model's context has room for beside an answer of `maxTokens`. */
export function characterBudget(contextLength: number, maxTokens: number): number {
  // Half of the context stays with the question even when long answers are allowed.
  const tokens = Math.max(contextLength - maxTokens, Math.floor(contextLength / 2));
  return tokens * CHARACTERS_PER_TOKEN;
}

/** System message, as much of the history as fits in `budget` characters, and the question. */
export function conversation(
  instructions: string,
  history: readonly ChatMessage[],
  question: string,
  budget: number,
): ChatMessage[] {
  const system: ChatMessage[] =
    instructions === '' ? [] : [{ role: 'system', content: instructions }];
  const room = budget - instructions.length - question.length;
  let size = history.reduce((sum, { content }) => sum + content.length, 0);
  let cut = 0;
  while (size > room && cut < history.length) {
    size -= history[cut]?.content.length ?? 0;
    cut++;
  }
  cut = Math.min(history.length, Math.ceil(cut / CUT_STEP) * CUT_STEP);
  return [...system, ...history.slice(cut), { role: 'user', content: question }];
}
