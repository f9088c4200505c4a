/** Where a suggestion of several lines ends. */
import { linePrefix, previousLine, type Cursor } from './cursor.ts';

export interface Cut {
  readonly text: string;
  /** Nothing the model may still write would be kept. */
  readonly complete: boolean;
}

const MAX_LINES = 12;
const TAB_WIDTH = 4;
const CLOSING_LINE = /^\s*(?:[)\]}]+[;,]?|end)$/;
const CLOSING_START = /^\s*(?:[)\]}]|end?$)/;

/** The first line. */
export function takeLine(text: string): Cut {
  const end = text.indexOf('\n');
  return end < 0 ? { text, complete: false } : { text: text.slice(0, end), complete: true };
}

/**
 * The lines of the block the cursor is in: up to the first line that is indented less, with the
 * closing bracket in it; up to two blank lines, or one at the file's outermost level; and no more
 * than a screen's part.
 */
export function takeBlock(text: string, cursor: Cursor): Cut {
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
    if (index === MAX_LINES) return upTo(index);
    if (index === 0 || indentWidth(line) >= depth) continue;
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
    const opens = /[:{([]\s*$/.test(prefix);
    return { depth: opens ? ownDepth + 1 : ownDepth, closerDepth: opens ? ownDepth : -1 };
  }
  const above = previousLine(cursor);
  const aboveDepth = above === undefined ? 0 : indentWidth(above);
  return { depth: ownDepth, closerDepth: aboveDepth < ownDepth ? aboveDepth : -1 };
}

/** Columns of the white space a line begins with. */
function indentWidth(line: string): number {
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  return indent.replaceAll('\t', ' '.repeat(TAB_WIDTH)).length;
}
