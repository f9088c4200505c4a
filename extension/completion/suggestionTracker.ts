/** Follows the suggestion on the screen to its end, and counts what became of it. */
import * as vscode from 'vscode';
import type { HistoryEntry } from './history.ts';
import type { AcceptedText } from './keptCheck.ts';
import type { RecordEvent } from './record.ts';
import {
  follow,
  isRestOf,
  outcomeOf,
  type Outcome,
  type ShownSuggestion,
} from './shownSuggestion.ts';

type TrackedDocument = Pick<vscode.TextDocument, 'uri' | 'languageId'>;

interface Current {
  readonly document: TrackedDocument;
  readonly entry: HistoryEntry;
  /** Of the answers that gave it: the first, and those with its rest. */
  readonly ids: Set<number>;
  shown: ShownSuggestion;
}

export interface TrackerSinks {
  add(languageId: string, event: RecordEvent): void;
  /** A text was accepted; its end may be checked later. */
  watch(accepted: AcceptedText): void;
}

export class SuggestionTracker {
  private current: Current | undefined;

  constructor(private readonly sinks: TrackerSinks) {}

  /**
   * A suggestion was given to the editor.
   * @param id of the answer, see accepted()
   * @param anchor offset where the texts go
   * @param texts the suggestion and its alternatives
   * @param ms from the editor's request to the answer
   * @returns false when it is the rest of the one that is shown already
   */
  show(
    id: number,
    document: TrackedDocument,
    anchor: number,
    texts: readonly string[],
    ms: number,
    entry: HistoryEntry,
  ): boolean {
    const { current } = this;
    if (current?.document.uri.toString() === document.uri.toString()) {
      const { shown } = current;
      const done = anchor - shown.anchor;
      const head = shown.texts[0]?.slice(0, done) ?? '';
      if (isRestOf(shown, anchor, texts[0] ?? '')) {
        entry.outcome = 'continued';
        current.ids.add(id);
        current.shown = { ...shown, texts: texts.map((text) => head + text) };
        return false;
      }
    }
    this.settle();
    entry.outcome = 'shown';
    const shown = { anchor, texts, reached: 0, accepted: 0 };
    this.current = { document, entry, ids: new Set([id]), shown };
    this.sinks.add(document.languageId, { kind: 'shown', ms });
    return true;
  }

  readonly didChange = ({ document, contentChanges }: vscode.TextDocumentChangeEvent): void => {
    const { current } = this;
    if (current?.document.uri.toString() !== document.uri.toString()) return;
    for (const change of contentChanges) {
      const step = follow(current.shown, change);
      if (step.kind === 'left') {
        this.settle();
        return;
      }
      current.shown = step.next;
      current.entry.outcome = outcomeOf(step.next);
      // What was typed to its end may still be the acceptance of its last character, see accepted().
      if (step.kind === 'complete' && step.byAccepting) {
        this.settle();
        return;
      }
    }
  };

  readonly didClose = (document: TrackedDocument): void => {
    if (this.current?.document.uri.toString() === document.uri.toString()) this.settle();
  };

  /** The editor ran the command of an accepted suggestion. */
  accepted(id: number): void {
    const { current } = this;
    if (!current?.ids.has(id)) return;
    const { shown } = current;
    const [text = ''] = shown.texts;
    const rest = Math.max(1, text.length - shown.reached);
    current.shown = { ...shown, reached: text.length, accepted: shown.accepted + rest };
    this.settle();
  }

  /** Counts the one that was followed last: it is over. */
  settle(): void {
    const { current } = this;
    this.current = undefined;
    if (!current) return;
    const { document, entry, shown } = current;
    const outcome: Outcome = outcomeOf(shown);
    entry.outcome = outcome;
    if (outcome === 'shown' || outcome === 'continued') return;
    const { languageId, uri } = document;
    this.sinks.add(languageId, { kind: 'ended', outcome, characters: shown.accepted });
    if (outcome === 'typedThrough') return;
    const text = (shown.texts[0] ?? '').slice(0, shown.reached);
    this.sinks.watch({ uri, languageId, offset: shown.anchor, text });
  }
}
