/** Whether a later cursor is an earlier one after typing, and what was typed. */
import type { Cursor } from './cursor.ts';

export interface Typed {
  /** Between the two cursors; empty when they are the same. */
  readonly text: string;
  /** Closing characters an editor added behind the cursor while typing. */
  readonly closers: string;
}

const CLOSERS = /^[)\]}>"'`]{0,3}/;

/** Undefined when anything else differs in what the two windows both show. */
export function typedSince(earlier: Cursor, later: Cursor): Typed | undefined {
  const text = textSince(earlier, later);
  if (text === undefined || !sameBefore(earlier, later, text.length)) return undefined;
  const closers = addedClosers(earlier, later);
  return closers === undefined ? undefined : { text, closers };
}

/** The later window's text from the earlier position on. */
function textSince(
  { position: from }: Cursor,
  { before, position: to }: Cursor,
): string | undefined {
  if (from.line === to.line) {
    const length = to.character - from.character;
    return length < 0 || length > before.length ? undefined : before.slice(before.length - length);
  }
  let lineStart = before.length - to.character;
  for (let line = to.line; line > from.line; line--) {
    if (lineStart <= 0) return undefined;
    lineStart = before.slice(0, lineStart - 1).lastIndexOf('\n') + 1;
  }
  const isAfterStart = from.line < to.line && lineStart + from.character <= before.length;
  return isAfterStart ? before.slice(lineStart + from.character) : undefined;
}

function sameBefore(earlier: Cursor, later: Cursor, typedLength: number): boolean {
  const now = later.before.slice(0, later.before.length - typedLength);
  const then = earlier.before;
  if (now === then) return true;
  // The window's start may have moved on; a window that shows the document's start has not.
  return now.length > then.length
    ? !earlier.reachesStart && now.endsWith(then)
    : !later.reachesStart && now !== '' && then.endsWith(now);
}

function addedClosers(earlier: Cursor, later: Cursor): string | undefined {
  if (later.after === earlier.after && later.reachesEnd === earlier.reachesEnd) return '';
  const longest = CLOSERS.exec(later.after)?.[0].length ?? 0;
  for (let length = 1; length <= longest; length++) {
    const rest = later.after.slice(length);
    const same = later.reachesEnd ? rest === earlier.after : earlier.after.startsWith(rest);
    if (same && (rest !== '' || later.reachesEnd)) return later.after.slice(0, length);
  }
  return undefined;
}
