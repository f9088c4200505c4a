/** Where a suggestion of several lines ends. */
import { linePrefix, previousLine, type Cursor } from './cursor.ts';
import { opensBlock } from './shape.ts';

export interface Cut {
  readonly text: string;
  /** Nothing the model may still write would be kept. */
  readonly complete: boolean;
}

const TAB_WIDTH = 4;
const CLOSING_LINE = /^\s*(?:[)\]}]+[;,]?|end|<\/[\w.-]+>)$/;
const CLOSING_START = /^\s*(?:[)\]}]|end?$|<)/;

/** The first line. */
export function takeLine(text: string): Cut {
  const end = text.indexOf('\n');
  return end < 0 ? { text, complete: false } : { text: text.slice(0, end), complete: true };
}

/** The rest of the line, if it has one, else the next line; one blank line may be between. */
export function takeNext(text: string): Cut {
  const lead = /^[ \t]*\n(?:[ \t]*\n)?/.exec(text)?.[0];
  if (lead === undefined) return takeLine(text);
  const rest = takeLine(text.slice(lead.length));
  if (rest.text.trim() === '' && rest.complete) return { text: '', complete: true };
  return { text: lead + rest.text, complete: rest.complete };
}

/**
 * The lines of the block the cursor is in: up to the first line that is indented less, with the
 * closing bracket in it; up to two blank lines, or one at the file's outermost level; and no more
 * than so many lines.
 */
export function takeBlock(text: string, cursor: Cursor, maxLines: number): Cut {
  const { depth, closerDepth } = blockDepth(cursor);
  const lines = text.split('\n');
  let blanks = 0;
  for (const [index, line] of lines.entries()) {
    const upTo = (count: number): Cut => ({
      text: lines.slice(0, count).join('\n'),
      complete: true,
    });
    const isLast = index === lines.length - 1;
    if (line.trim() === '') {
      if (isLast) break;
      blanks++;
      const hasContent = lines.slice(0, index).some((above) => above.trim() !== '');
      if (blanks > 1 || (depth === 0 && hasContent)) return upTo(index);
      continue;
    }
    blanks = 0;
    // The rest of the cursor's line may be empty: then it is none of them.
    if (index === maxLines + (lines[0] === '' ? 1 : 0)) return upTo(index);
    if (index === 0 || indentWidth(line) >= depth) continue;
    if (isItem(line, cursor) && indentWidth(line) === depth - 1) continue;
    // While the model writes it, a closing line may still become `} else {`.
    if (isLast && CLOSING_START.test(line)) break;
    const closes = CLOSING_LINE.test(line) && indentWidth(line) === closerDepth;
    return upTo(closes ? index + 1 : index);
  }
  return { text, complete: false };
}

/** Least indentation of the block's lines, and that of the line which closes it. */
function blockDepth(cursor: Cursor): { depth: number; closerDepth: number } {
  const prefix = linePrefix(cursor);
  const ownDepth = indentWidth(prefix);
  if (prefix.trim() !== '') {
    const opens = opensBlock(prefix, cursor.language);
    return { depth: opens ? ownDepth + 1 : ownDepth, closerDepth: opens ? ownDepth : -1 };
  }
  const above = previousLine(cursor);
  const aboveDepth = above === undefined ? 0 : indentWidth(above);
  return { depth: ownDepth, closerDepth: aboveDepth < ownDepth ? aboveDepth : -1 };
}

/** The items of a YAML list may stand right below their key. */
function isItem(line: string, { language }: Cursor): boolean {
  return language === 'yaml' && /^\s*-(?:\s|$)/.test(line);
}

/** Columns of the white space a line begins with. */
function indentWidth(line: string): number {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  return indent.replaceAll('\t', ' '.repeat(TAB_WIDTH)).length;
}
