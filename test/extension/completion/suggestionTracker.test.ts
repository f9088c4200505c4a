import { expect, test } from 'vitest';
import type * as vscode from 'vscode';
import type { HistoryEntry } from '../../../extension/completion/history.ts';
import type { AcceptedText } from '../../../extension/completion/keptCheck.ts';
import type { RecordEvent } from '../../../extension/completion/record.ts';
import { SuggestionTracker } from '../../../extension/completion/suggestionTracker.ts';
import { Uri } from '../../support/fakeVscode.ts';

const document = {
  uri: Uri.file('/p/a.ts'),
  languageId: 'typescript',
} as unknown as vscode.TextDocument;
const other = { ...document, uri: Uri.file('/p/b.ts') } as unknown as vscode.TextDocument;

interface Tracked {
  readonly tracker: SuggestionTracker;
  readonly events: RecordEvent[];
  readonly watched: AcceptedText[];
  readonly show: (text: string, anchor?: number, id?: number) => HistoryEntry;
  readonly insert: (text: string, rangeOffset: number, into?: vscode.TextDocument) => void;
}

function track(): Tracked {
  const events: RecordEvent[] = [];
  const watched: AcceptedText[] = [];
  const tracker = new SuggestionTracker({
    add: (_, event) => events.push(event),
    watch: (accepted) => watched.push(accepted),
  });
  return {
    tracker,
    events,
    watched,
    show(text, anchor = 10, id = 1) {
      const entry: HistoryEntry = { at: new Date(0), file: 'a.ts', fate: 'suggested', count: 1 };
      tracker.show(id, document, anchor, [text], 85, entry);
      return entry;
    },
    insert(text, rangeOffset, into = document) {
      const change = { rangeOffset, rangeLength: 0, text };
      tracker.didChange({
        document: into,
        contentChanges: [change],
      } as unknown as vscode.TextDocumentChangeEvent);
    },
  };
}

const shownOnce = { kind: 'shown', ms: 85 };

test('accepting is counted once, though edit and command both tell of it', () => {
  const { tracker, events, watched, show, insert } = track();
  const entry = show('return 1;');
  insert('return 1;', 10);
  tracker.accepted(1);
  expect(entry.outcome).toBe('accepted');
  expect(events).toEqual([shownOnce, { kind: 'ended', outcome: 'accepted', characters: 9 }]);
  expect(watched).toMatchObject([{ offset: 10, text: 'return 1;', languageId: 'typescript' }]);
});

test('the last character by Tab is an acceptance, by its key it is not', () => {
  const tab = track();
  tab.show(';');
  tab.insert(';', 10);
  tab.tracker.accepted(1);
  expect(tab.events.at(-1)).toEqual({ kind: 'ended', outcome: 'accepted', characters: 1 });
  const key = track();
  key.show(';');
  key.insert(';', 10);
  key.show('next', 11, 2);
  expect(key.events[1]).toEqual({ kind: 'ended', outcome: 'typedThrough', characters: 0 });
  expect(key.watched).toEqual([]);
});

test('a suggestion that is typed through is one suggestion', () => {
  const { tracker, events, show, insert } = track();
  const first = show('abc');
  insert('a', 10);
  const rest = show('bc', 11, 2);
  insert('bc', 11);
  tracker.accepted(2);
  expect([first.outcome, rest.outcome]).toEqual(['accepted', 'continued']);
  expect(events).toEqual([shownOnce, { kind: 'ended', outcome: 'accepted', characters: 2 }]);
});

test('a word is counted when something else follows', () => {
  const { events, watched, show, insert } = track();
  const entry = show('call(one)');
  insert('call', 10);
  expect(entry.outcome).toBe('partly');
  insert('X', 14);
  expect(events[1]).toEqual({ kind: 'ended', outcome: 'partly', characters: 4 });
  expect(watched).toMatchObject([{ text: 'call' }]);
});

test('what is ignored is only shown', () => {
  const { tracker, events, show, insert } = track();
  const entry = show('abc');
  insert('x', 10);
  tracker.accepted(1);
  expect(entry.outcome).toBe('shown');
  expect(events).toEqual([shownOnce]);
});

test('other documents and late commands change nothing; closing ends it', () => {
  const { tracker, events, show, insert } = track();
  show('abc', 10, 7);
  insert('zzz', 10, other);
  tracker.accepted(6);
  tracker.didClose(other);
  insert('ab', 10);
  tracker.didClose(document);
  tracker.accepted(7);
  expect(events).toEqual([shownOnce, { kind: 'ended', outcome: 'partly', characters: 2 }]);
});
