/** What is said below an answer that ended early, and not sent back as the model's own words. */
import * as vscode from 'vscode';
import type { ChatResult } from '../../backend/protocol/chat.ts';

function notes() {
  return {
    cut: vscode.l10n.t('The answer was cut at its longest allowed length.'),
    stillThinking: vscode.l10n.t(
      'The model was still thinking when its answer had reached the longest allowed length. Turn its thinking off, or raise tpuPilot.chat.maxTokens.',
    ),
    nothing: vscode.l10n.t('The model gave no answer. Ask again, or in other words.'),
  };
}

/** VS Code takes an answer without text for a failure, and names no reason. */
export function endNote(result: ChatResult): string | undefined {
  if ((result.toolCalls?.length ?? 0) > 0) return undefined;
  const { cut, stillThinking, nothing } = notes();
  const isCut = result.finishReason === 'length';
  if (result.text !== '') return isCut ? formatted(cut) : undefined;
  return formatted(isCut && result.thinking !== undefined ? stillThinking : nothing).trimStart();
}

export function withoutEndNote(answer: string): string {
  const note = Object.values(notes()).find((text) => answer.endsWith(formatted(text).trimStart()));
  return note === undefined
    ? answer
    : answer.slice(0, -formatted(note).trimStart().length).trimEnd();
}

function formatted(note: string): string {
  return `\n\n*${note}*`;
}
