import { afterEach, expect, test } from 'vitest';
import type * as vscode from 'vscode';
import { isKept, KeptCheck } from '../../../extension/completion/keptCheck.ts';
import type { RecordEvent } from '../../../extension/completion/record.ts';
import { FakeClock } from '../../support/fakeSession.ts';
import { fake, Uri } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const uri = Uri.file('/p/a.ts') as unknown as vscode.Uri;
const accepted = { uri, languageId: 'typescript', offset: 100, text: 'return a + b;' };
const padding = ' '.repeat(100);

test.each([
  ['where it was', `${padding}return a + b;`, true],
  ['formatted', `${padding}return a\n    + b;`, true],
  ['moved a little', `${padding}${'more '.repeat(50)}return a + b;`, true],
  ['moved far away', `${'more '.repeat(2000)}return a + b;`, false],
  ['changed', `${padding}return a - b;`, false],
  ['undone', padding, false],
])('%s: kept is %s', (_, text, kept) => {
  expect(isKept(text, accepted)).toBe(kept);
});

function openWith(text: string): void {
  fake.documents = [
    { uri: uri as unknown as Uri, languageId: 'typescript', version: 1, getText: () => text },
  ];
}

test('it looks after half a minute and after two', () => {
  const clock = new FakeClock();
  const events: RecordEvent[] = [];
  const check = new KeptCheck(
    (_, event) => events.push(event),
    (ms, callback) => clock.after(ms, callback),
  );
  openWith(`${padding}return a + b;`);
  check.watch(accepted);
  clock.advance(29_000);
  expect(events).toEqual([]);
  clock.advance(1000);
  openWith('');
  clock.advance(90_000);
  expect(events).toEqual([
    { kind: 'checked', when: 'soon', kept: true },
    { kind: 'checked', when: 'late', kept: false },
  ]);
});

test('nothing is counted of closed documents, of blanks, or after the end', () => {
  const clock = new FakeClock();
  const events: RecordEvent[] = [];
  const check = new KeptCheck(
    (_, event) => events.push(event),
    (ms, callback) => clock.after(ms, callback),
  );
  check.watch(accepted);
  check.watch({ ...accepted, text: ' \n' });
  clock.advance(40_000);
  openWith(accepted.text);
  check.dispose();
  clock.advance(200_000);
  expect(events).toEqual([]);
});
