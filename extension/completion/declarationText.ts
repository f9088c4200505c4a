/** The text of a declaration, cut out of its file by its indentation: it works in any language. */
import { splitLines } from '../splitLines.ts';

/** How many lines of a declaration are worth showing. */
const MAX_LINES = 12;
const COMMENT_LINES = 4;
const LONGEST_LINE = 400;

/**
 * The declaration that begins at a line: the comment above it, its head, and the deeper lines below.
 * @param line from 0
 */
export function declarationAt(text: string, line: number): string {
  const lines = splitLines(text, line + MAX_LINES + 1);
  const first = lines[line];
  if (first === undefined || first.length > LONGEST_LINE) return '';
  const depth = indentOf(first);
  let start = line;
  while (start > 0 && line - start < COMMENT_LINES && isComment(lines[start - 1])) start--;
  let end = line + 1;
  while (end < lines.length && end < line + MAX_LINES) {
    const next = lines[end] ?? '';
    if (next.length > LONGEST_LINE) break;
    const closes = indentOf(next) <= depth && next.trim() !== '';
    if (closes && !/^\s*[)\]}]/.test(next)) break;
    end++;
    if (closes && /^\s*\}/.test(next)) break;
  }
  return lines.slice(start, end).join('\n').trimEnd();
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}

function isComment(text: string | undefined): boolean {
  return text !== undefined && /^\s*(?:\/\/|\/\*|\*|#(?!\s*(?:include|define)))/.test(text);
}
