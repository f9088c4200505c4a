/** The parts of a request that depend on settings and context. */
import type { Position } from 'vscode';
import type { FillInOrder, RelatedText } from '../../backend/protocol/documents.ts';
import type { InlineCompletionSettings } from '../settings.ts';

/** Without what else VS Code's positions have. */
export function lspPosition({ line, character }: Position): { line: number; character: number } {
  return { line, character };
}

/** Left out, the backend orders as suits the model. */
export function fillInOrderFor({ fillInOrder }: InlineCompletionSettings): {
  fillInOrder?: FillInOrder;
} {
  return fillInOrder === 'auto' ? {} : { fillInOrder };
}

export function relatedParams(related: readonly RelatedText[]): { related?: RelatedText[] } {
  return related.length === 0 ? {} : { related: [...related] };
}

/** Left out, the backend decides by syntax. */
export function linesFor({ multiline }: InlineCompletionSettings): { maxLines?: number } {
  return multiline === 'never' ? { maxLines: 1 } : {};
}
