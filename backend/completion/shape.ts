/** What kind of text fits at a cursor: the rest of a line, a block of lines, or none, and why. */
import type { CompletionFate, CompletionMode } from '../protocol/documents.ts';
import { linePrefix, lineSuffix, previousLine, type Cursor } from './cursor.ts';
import { languageOf, type Language } from './languages.ts';

/** `next`: what is left of the line, and the line below it, for when the cursor will be there. */
export type Shape = 'line' | 'block' | 'next';

export type Refusal = Extract<CompletionFate, 'insideWord' | 'codeFollows' | 'emptyDocument'>;

const WORD_END = /[\p{L}\p{N}_$]$/u;
const WORD_START = /^[\p{L}\p{N}_$]/u;
/** What editors put behind the cursor themselves, and what may end a statement. */
const ONLY_CLOSERS = /^[\s)\]}>;,:"'`]*$/;
const OPENS_BRACKET = /(?:[{([]|=>)$/;
const OPENS_LABEL = /^\s*(?:case\b.*|default|public|private|protected)\s*:$/;
const OPENS_WORD = /\b(?:begin|do|else|then|try)$/;
const OPENS_TAG = /<[A-Za-z][\w.-]*(?:\s[^<>]*)?>$/;
const VOID_TAG = /<(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b[^<>]*>$/i;
const DOC_COMMENT = /^\s*(?:\/\*|\*\s|\*\/|""")|(?:"""|\*\/)\s*$/;
/** Languages in which an arrow at a line's end is followed by a body, not by a type. */
const ARROW_BODIES = new Set(['java', 'kotlin', 'haskell', 'elixir', 'erlang', 'groovy', 'scala']);

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
export function shapeAt(
  cursor: Cursor,
  { mode, invoked }: ShapeOptions,
): Exclude<Shape, 'next'> | Refusal {
  const prefix = linePrefix(cursor);
  const suffix = lineSuffix(cursor);
  if (WORD_END.test(prefix) && WORD_START.test(suffix)) return 'insideWord';
  const isBlankBefore = cursor.before.trim() === '';
  if (isBlankBefore && cursor.after.trim() === '') return 'emptyDocument';
  // Text has no such character; what has is not for a language model.
  if (cursor.before.includes('\0')) return 'emptyDocument';
  if (mode === 'prefix') {
    if (!ONLY_CLOSERS.test(suffix)) return 'codeFollows';
    if (isBlankBefore) return 'emptyDocument';
  }
  if (suffix.trim() !== '') return 'line';
  if (invoked) return 'block';
  const isBlank = prefix.trim() === '';
  const leading = isBlank ? previousLine(cursor) : prefix;
  if (leading === undefined) return 'line';
  return opensBlock(leading, cursor.language) || (isBlank && isComment(leading, cursor.language))
    ? 'block'
    : 'line';
}

/** Is the text that follows this line the inside of a block? */
export function opensBlock(line: string, languageId: string): boolean {
  const language = languageOf(languageId);
  if (language.layout === 'text') return false;
  const code = withoutComment(line, language).trimEnd();
  if (OPENS_BRACKET.test(code)) return true;
  if (code.endsWith('->')) return ARROW_BODIES.has(languageId);
  switch (language.layout) {
    case 'braces':
      return OPENS_LABEL.test(code);
    case 'tags':
      return OPENS_TAG.test(code) && !VOID_TAG.test(code);
    case 'words':
      return OPENS_WORD.test(code);
    case 'indent':
      return code.endsWith(':');
    case 'unknown':
      return code.endsWith(':') || OPENS_WORD.test(code);
  }
}

function isComment(line: string, languageId: string): boolean {
  const { layout, lineComment, blockComment } = languageOf(languageId);
  if (layout === 'text') return false;
  const start = line.trimStart();
  // The prose of a commit or a heading is no description of code.
  const signs = layout === 'unknown' ? ['#', '//', '--'] : [lineComment, blockComment?.[0]];
  const isLineComment = signs.some((sign) => sign !== undefined && start.startsWith(sign));
  return isLineComment || (layout !== 'tags' && DOC_COMMENT.test(line));
}

/** A comment behind code; a sign inside of a text is taken for one, which costs a line at most. */
function withoutComment(line: string, { lineComment, layout }: Language): string {
  const signs = layout === 'unknown' ? ['#', '//'] : [lineComment];
  const ends = signs.map((sign) => (sign === undefined ? -1 : line.indexOf(` ${sign}`)));
  const starts = ends.filter((at) => at >= 0);
  return starts.length === 0 ? line : line.slice(0, Math.min(...starts));
}
