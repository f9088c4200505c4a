/** VS Code's chat messages as those of `chat/complete`. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { ToolCall, type ChatMessage } from '../../backend/protocol/chat.ts';
import { withoutEndNote } from './endNotes.ts';
import { textOf } from './partText.ts';

export type RequestMessage = Pick<vscode.LanguageModelChatRequestMessage, 'role' | 'content'>;

/** Of the protocol, see ChatParams and ChatMessage. */
const MAX_MESSAGES = 4096;
const MAX_CALLS = 64;
const MAX_ID = 256;

/**
 * In the order given; answers of tools become messages of their own. What is empty is left out, but
 * there is always one message.
 * @param maxResult characters of a tool's answer: more could not fit into the model's context
 */
export function chatMessages(
  messages: readonly RequestMessage[],
  maxResult = Number.POSITIVE_INFINITY,
): ChatMessage[] {
  const converted = messages.flatMap((message) => convert(message, maxResult));
  const system = converted.filter(({ role }) => role === 'system').slice(0, 1);
  const kept =
    converted.length > MAX_MESSAGES ? [...system, ...converted.slice(1 - MAX_MESSAGES)] : converted;
  return kept.length > 0 ? kept : [{ role: 'user', content: '' }];
}

function convert({ role: number, content }: RequestMessage, maxResult: number): ChatMessage[] {
  const role = roleOf(number);
  const converted: ChatMessage[] = [];
  let text = '';
  const toolCalls: ToolCall[] = [];
  for (const part of content) {
    if (part instanceof vscode.LanguageModelToolResultPart) {
      const answer = part.content.map(textOf).join('');
      converted.push({
        role: 'tool',
        content: answer.length > maxResult ? shorten(answer, maxResult) : answer,
        toolCallId: part.callId.slice(-MAX_ID),
      });
    } else if (part instanceof vscode.LanguageModelToolCallPart) {
      const call = callOf(part);
      if (call) toolCalls.push(call);
    } else {
      text += textOf(part);
    }
  }
  if (role === 'assistant') text = withoutEndNote(text);
  if (text !== '' || toolCalls.length > 0) {
    converted.push({
      role,
      content: text,
      ...(toolCalls.length > 0 && { toolCalls: toolCalls.slice(0, MAX_CALLS) }),
    });
  }
  return converted;
}

function roleOf(role: vscode.LanguageModelChatMessageRole): ChatMessage['role'] {
  switch (role) {
    case vscode.LanguageModelChatMessageRole.User:
      return 'user';
    case vscode.LanguageModelChatMessageRole.Assistant:
      return 'assistant';
    default:
      // VS Code sends its instructions with role 3, which the typings don't name.
      return 'system';
  }
}

const Input = z.record(z.string(), z.json());

function callOf(part: vscode.LanguageModelToolCallPart): ToolCall | undefined {
  const { data = {} } = Input.safeParse(part.input);
  const id = part.callId.slice(-MAX_ID);
  return ToolCall.safeParse({ id, name: part.name, arguments: data }).data;
}

/** The backend shortens it further, by what the model can read; this bounds what is sent. */
function shorten(text: string, limit: number): string {
  const half = Math.floor(limit / 2);
  return `${text.slice(0, half)}\n[…]\n${text.slice(-half)}`;
}
