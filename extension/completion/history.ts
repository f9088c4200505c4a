/** The last requests for suggestions, for "Why No Suggestion?". In memory only, without any code. */
import type { InlineCompletionResult } from '../../backend/protocol/documents.ts';
import { comesInRows, type Fate } from './fate.ts';
import type { Outcome } from './shownSuggestion.ts';

const LENGTH = 50;

/** One request, or a row of requests that ended alike. */
export interface HistoryEntry {
  readonly at: Date;
  /** Relative to the workspace. */
  readonly file: string;
  readonly fate: Fate;
  /** Of a failure: its sentence. */
  readonly detail?: string | undefined;
  /** From the editor's request to the answer, in ms; undefined when the backend was not asked. */
  readonly totalMs?: number | undefined;
  readonly result?:
    Pick<InlineCompletionResult, 'cached' | 'timings' | 'mode' | 'model'> | undefined;
  /** How many requests this stands for. */
  readonly count: number;
  /** What became of the suggestion on the screen. */
  outcome?: Outcome;
}

export class CompletionHistory {
  private items: HistoryEntry[] = [];

  /** Newest first. */
  get entries(): readonly HistoryEntry[] {
    return this.items;
  }

  add(entry: Omit<HistoryEntry, 'count'>): HistoryEntry {
    const [last] = this.items;
    const joins = last?.fate === entry.fate && last.file === entry.file && comesInRows(entry.fate);
    const added: HistoryEntry = { ...entry, count: joins ? last.count + 1 : 1 };
    this.items = [added, ...this.items.slice(joins ? 1 : 0)].slice(0, LENGTH);
    return added;
  }
}
