/** Texts that end a suggestion, because they have no place in the document. */
import type { ModelMetadata } from '../devices/device.ts';
import { isMarker } from '../models/specialTokens.ts';
import type { Cursor } from './cursor.ts';

/** An instruct model ends its code so, to go on with an explanation. */
const FENCE = '\n```';

/** Special tokens a model may spell; a document about such tokens, or in Markdown, has them itself. */
export function markersFor({ specialTokens }: ModelMetadata, cursor: Cursor): string[] {
  const markers = specialTokens.map(({ text }) => text).filter(isMarker);
  return [FENCE, ...markers].filter(
    (text) => !cursor.before.includes(text) && !cursor.after.includes(text),
  );
}
