import * as vscode from 'vscode';
import type { ChatProgress } from '../../backend/protocol/chat.ts';
import { noticeText } from '../noticeText.ts';

/**
 * Shows the parts of an answer as they come. Of the model's thinking it shows only that it happens:
 * chat's stable API has no place for the words, and in the answer they would be wrong.
 * @param onLateNotice gets what comes after text: VS Code would fold that text away with a progress
 *   line below it, as if it had been a step on the way
 */
export function showProgress(
  stream: Pick<vscode.ChatResponseStream, 'progress'>,
  onText: (text: string) => void,
  onLateNotice: (text: string) => void,
): (progress: ChatProgress) => void {
  let isThinking = false;
  let hasText = false;
  return (progress) => {
    switch (progress.kind) {
      case 'text':
        isThinking = false;
        hasText = true;
        onText(progress.text);
        break;
      case 'thinking':
        if (!isThinking && !hasText) stream.progress(vscode.l10n.t('Thinking…'));
        isThinking = true;
        break;
      case 'notice': {
        const text = noticeText(progress.message);
        if (hasText) onLateNotice(text);
        else stream.progress(text);
        break;
      }
      case 'toolCall':
        // None were offered.
        break;
      default:
        progress satisfies never;
    }
  };
}
