/** The parts of a request that depend on settings and context. */
import type { FillInOrder, RelatedText } from '../../backend/protocol/documents.ts';
import type { InlineCompletionSettings } from '../settings.ts';

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
