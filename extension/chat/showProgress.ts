import * as vscode from 'vscode';
import type { ChatProgress } from '../../backend/protocol/chat.ts';
import { noticeText } from '../noticeText.ts';

/**
 * Shows the parts of an answer as they come. Of the model's thinking it shows only that it happens:
 * chat's stable API has no place for the words, and in the answer they would be wrong.
 */
export function showProgress(
  stream: Pick<vscode.ChatResponseStream, 'progress'>,
  onText: (text: string) => void,
): (progress: ChatProgress) => void {
  let isThinking = false;
  return (progress) => {
    switch (progress.kind) {
      case 'text':
        isThinking = false;
        onText(progress.text);
        break;
      case 'thinking':
        if (!isThinking) stream.progress(vscode.l10n.t('Thinking…'));
        isThinking = true;
        break;
      case 'notice':
        stream.progress(noticeText(progress.message));
        break;
      case 'toolCall':
        // None were offered.
        break;
      default:
        progress satisfies never;
    }
  };
}
