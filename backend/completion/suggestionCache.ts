/** The last suggestions for one document, found again also when their beginning has been typed. */
import { linePrefix, type Cursor } from './cursor.ts';
import type { SuggestionContext } from './postProcess.ts';
import { withoutSuffix } from './suffixOverlap.ts';
import { typedSince, type Typed } from './typedThrough.ts';

const MAX_ENTRIES = 16;

export interface Suggestion {
  readonly context: Pick<SuggestionContext, 'cursor' | 'shape'>;
  /** Id of the model that wrote it. */
  readonly model: string;
  /** With LF line ends; empty when the model had nothing to say there. */
  readonly text: string;
}

export class SuggestionCache {
  /** Most recent last. */
  readonly #entries: Suggestion[] = [];

  add(suggestion: Suggestion): void {
    this.#entries.push(suggestion);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  /** What is left to insert at that cursor; undefined when the model has to be asked. */
  find(wanted: Suggestion['context'], model: string): string | undefined {
    for (const entry of this.#entries.toReversed()) {
      if (entry.model !== model) continue;
      const typed = typedSince(entry.context.cursor, wanted.cursor);
      if (!typed) continue;
      if (typed.text === '' && entry.context.shape !== wanted.shape) continue;
      const rest = restAfter(entry.text, typed, wanted.cursor);
      if (rest !== undefined) return rest;
    }
    return undefined;
  }
}

/** The suggestion without what was typed of it; undefined when something else was typed, or all. */
export function restAfter(text: string, typed: Typed, cursor: Cursor): string | undefined {
  if (typed.text === '' && typed.closers === '') return text;
  if (!text.startsWith(typed.text)) return undefined;
  const rest = withoutSuffix(text.slice(typed.text.length), cursor, linePrefix(cursor));
  return rest.trim() === '' ? undefined : rest;
}
