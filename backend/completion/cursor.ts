/** What a completion needs to know of the place it is asked for. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { Position } from '../protocol/documents.ts';
import { outsidePair, windowEnd, windowStart } from './promptWindow.ts';

/** All texts have LF line ends, as models are trained on. */
export interface Cursor {
  /** Inside the document, and not inside a surrogate pair. */
  readonly position: Position;
  /** The window of text before the cursor, and whether it reaches the document's start. */
  readonly before: string;
  readonly reachesStart: boolean;
  /** The window of text after the cursor, and whether it reaches the document's end. */
  readonly after: string;
  readonly reachesEnd: boolean;
  /** The document's line end, for what is inserted. */
  readonly eol: string;
  /** The document's language, by VS Code's identifiers. */
  readonly language: string;
}

/** Longest windows, in UTF-16 units. */
export interface WindowBudget {
  readonly before: number;
  readonly after: number;
}

/** A position beyond the line or the document counts as its end, as LSP says. */
export function readCursor(
  document: TextDocument,
  position: Position,
  budget: WindowBudget,
): Cursor {
  const text = document.getText();
  const offset = outsidePair(text, document.offsetAt(position));
  const start = windowStart(text, offset, budget.before);
  const end = windowEnd(text, offset, budget.after);
  return {
    position: document.positionAt(offset),
    before: withLineFeeds(text.slice(start, offset)),
    reachesStart: start === 0,
    after: withLineFeeds(text.slice(offset, end)),
    reachesEnd: end === text.length,
    eol: /\r\n?|\n/.exec(text)?.[0] ?? '\n',
    language: document.languageId,
  };
}

/** Where the cursor is when a text with LF line ends has been inserted at it. */
export function afterInserting(cursor: Cursor, text: string): Cursor {
  const { line, character } = cursor.position;
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  return {
    ...cursor,
    position: {
      line: line + lines.length - 1,
      character: lines.length > 1 ? last.length : character + last.length,
    },
    before: cursor.before + text,
  };
}

export function linePrefix({ before }: Pick<Cursor, 'before'>): string {
  return before.slice(before.lastIndexOf('\n') + 1);
}

export function lineSuffix({ after }: Pick<Cursor, 'after'>): string {
  const end = after.indexOf('\n');
  return end < 0 ? after : after.slice(0, end);
}

/** The nearest line above the cursor's that is not blank, within the window. */
export function previousLine({ before }: Pick<Cursor, 'before'>): string | undefined {
  const above = before.slice(0, before.lastIndexOf('\n') + 1).trimEnd();
  return above === '' ? undefined : above.slice(above.lastIndexOf('\n') + 1);
}

function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
