/** What was changed lately, as small diffs: the best hint at what will be changed next. */
import { splitLines } from '../splitLines.ts';

/** A change of more lines is a paste or a reformatting, which says little and takes much room. */
const MAX_LINES = 16;
const MAX_EDITS = 6;
const MAX_FILES = 8;
/** Longer texts are not compared: it would take too long between two keys. */
const LONGEST_TEXT = 200_000;
const LONGEST_LINE = 400;

/** Some lines that took the place of others. */
export interface Hunk {
  /** First line, from 0. */
  readonly line: number;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** The line before it, if any. */
  readonly context: string | undefined;
}

/** The lines from the first to the last difference; undefined when there is none. */
export function hunkBetween(before: string, after: string): Hunk | undefined {
  if (before === after) return undefined;
  const [a, b] = [splitLines(before), splitLines(after)];
  const shorter = Math.min(a.length, b.length);
  let head = 0;
  while (head < shorter && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shorter - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const removed = a.slice(head, a.length - tail);
  const added = b.slice(head, b.length - tail);
  // Line ends only.
  if (removed.length === 0 && added.length === 0) return undefined;
  return { line: head, removed, added, context: head > 0 ? b[head - 1] : undefined };
}

/** As a unified diff with one line before the change. */
export function diffText({ line, removed, added, context }: Hunk): string {
  return [
    `@@ line ${line + 1} @@`,
    ...(context === undefined ? [] : [` ${context}`]),
    ...removed.map((text) => `-${text}`),
    ...added.map((text) => `+${text}`),
  ].join('\n');
}

function isWorthKeeping({ removed, added }: Hunk): boolean {
  const lines = [...removed, ...added];
  return (
    lines.length <= MAX_LINES &&
    lines.every(({ length }) => length <= LONGEST_LINE) &&
    lines.some((line) => line.trim() !== '')
  );
}

export interface RecentEdit {
  readonly key: string;
  readonly hunk: Hunk;
}

interface Snapshots {
  /** Before the edit that is still going on. */
  base: string;
  /** At the last rest. */
  last: string;
}

/** Takes a look at a document whenever the cursor rests, and remembers what came of it since. */
export class RecentEdits {
  private readonly files = new Map<string, Snapshots>();
  private ring: RecentEdit[] = [];

  /** Oldest first. */
  get edits(): readonly RecentEdit[] {
    return this.ring;
  }

  /** @param key the document's URI */
  observe(key: string, text: string): void {
    if (text.length > LONGEST_TEXT) {
      this.files.delete(key);
      return;
    }
    const file = this.files.get(key);
    this.files.delete(key);
    this.files.set(key, file ?? { base: text, last: text });
    const [oldest] = this.files.keys();
    if (this.files.size > MAX_FILES && oldest !== undefined) this.files.delete(oldest);
    if (!file || file.last === text) return;
    this.ring = this.advance(key, file, text).slice(-MAX_EDITS);
  }

  /** The document was closed, or may not be read any more. */
  forget(key: string): void {
    this.files.delete(key);
    this.ring = this.ring.filter((edit) => edit.key !== key);
  }

  /** An edit goes on while all that changed since its start fits into one hunk. */
  private advance(key: string, file: Snapshots, text: string): RecentEdit[] {
    const whole = hunkBetween(file.base, text);
    const open = this.ring.findLast((edit) => edit.key === key);
    const others = this.ring.filter((edit) => edit !== open || file.base === file.last);
    if (!whole) {
      file.base = file.last = text;
      return others;
    }
    if (isWorthKeeping(whole)) {
      file.last = text;
      return [...others, { key, hunk: whole }];
    }
    const hunk = hunkBetween(file.last, text);
    file.base = file.last;
    file.last = text;
    if (!hunk || !isWorthKeeping(hunk)) {
      file.base = text;
      return this.ring;
    }
    return [...this.ring, { key, hunk }];
  }
}
