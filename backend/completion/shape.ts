/** What kind of text fits at a cursor: none, the rest of a line, or a block of lines. */
import type { CompletionMode } from '../protocol/documents.ts';
import { linePrefix, lineSuffix, previousLine, type Cursor } from './cursor.ts';

export type Shape = 'none' | 'line' | 'block';

const WORD_END = /[\p{L}\p{N}_$]$/u;
const WORD_START = /^[\p{L}\p{N}_$]/u;
/** What editors put behind the cursor themselves, and what may end a statement. */
const ONLY_CLOSERS = /^[\s)\]}>;,:"'`]*$/;
const OPENS_BLOCK = /(?:[:{([]|[=-]>|\b(?:begin|do|else|then|try))\s*(?:#.*|\/\/.*)?$/;
const IS_COMMENT = /^\s*(?:#|\/\/|--|\*|\/\*|""")|(?:"""|\*\/)\s*$/;

export interface ShapeOptions {
  readonly mode: CompletionMode;
  /** The user asked for a suggestion by hand. */
  readonly invoked: boolean;
}

/**
 * Inside a word nothing fits. A model that sees only the text before the cursor is not asked in
 * front of code it cannot know. Several lines fit where the syntax wants them: at a line's end,
 * behind what opens a block or below a comment that says what follows.
 */
export function shapeAt(cursor: Cursor, { mode, invoked }: ShapeOptions): Shape {
  const prefix = linePrefix(cursor);
  const suffix = lineSuffix(cursor);
  if (WORD_END.test(prefix) && WORD_START.test(suffix)) return 'none';
  if (mode === 'prefix' && (!ONLY_CLOSERS.test(suffix) || cursor.before.trim() === '')) {
    return 'none';
  }
  if (cursor.before.trim() === '' && cursor.after.trim() === '') return 'none';
  if (suffix.trim() !== '') return 'line';
  if (invoked) return 'block';
  const isBlank = prefix.trim() === '';
  const leading = isBlank ? previousLine(cursor) : prefix;
  if (leading === undefined) return 'line';
  return OPENS_BLOCK.test(leading) || (isBlank && IS_COMMENT.test(leading)) ? 'block' : 'line';
}
