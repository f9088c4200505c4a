/** From VS Code's chat turns to the messages of `chat/complete`. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { ChatMessage } from '../../backend/protocol/chat.ts';
import { ChatCommand } from './commands.ts';

/**
 * Kept in each answer's metadata: exactly what was sent and generated. The next request repeats it
 * letter for letter, so the backend finds its KV cache again; and attachments stay in the
 * conversation as they were.
 */
export const TurnRecord = z.object({
  sent: z.string(),
  answer: z.string(),
  command: ChatCommand.optional(),
});
export type TurnRecord = z.infer<typeof TurnRecord>;

/** Of the room beside a question, what old turns keep when the conversation is cut. */
const KEPT_SHARE = 0.5;

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

/**
 * Where the conversation starts. Goes through all of its turns as they were asked and cuts where it
 * had to be cut then, so that the start stays the same until the room is full again: then half of it
 * is freed at once. A start that moved with each turn would change every prefix.
 */
function firstKept(messages: readonly ChatMessage[], room: number): number {
  let first = 0;
  let before = 0;
  for (const [index, { role, content }] of messages.entries()) {
    if (role === 'user' && before + content.length > room) {
      const keep = (room - content.length) * KEPT_SHARE;
      while (first < index && (before > keep || messages[first]?.role !== 'user')) {
        before -= messages[first]?.content.length ?? 0;
        first++;
      }
    }
    before += content.length;
  }
  return first;
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
  const all: ChatMessage[] = [...history, { role: 'user', content: question }];
  return [...system, ...all.slice(firstKept(all, budget - instructions.length))];
}
