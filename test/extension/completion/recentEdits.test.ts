import { expect, test } from 'vitest';
import { diffText, hunkBetween, RecentEdits } from '../../../extension/completion/recentEdits.ts';

const text = Array.from({ length: 60 }, (_, i) => `line ${i}`);
const withLine = (line: number, changed: string, from = text): string[] =>
  from.map((old, i) => (i === line ? changed : old));
const join = (lines: readonly string[]): string => lines.join('\n');

test.each([
  ['a change', 'a\nb\nc', 'a\nB\nc', { line: 1, removed: ['b'], added: ['B'], context: 'a' }],
  ['an insertion', 'a\nc', 'a\nb\nc', { line: 1, removed: [], added: ['b'], context: 'a' }],
  ['a deletion', 'a\nb\nc', 'a\nc', { line: 1, removed: ['b'], added: [], context: 'a' }],
  ['the first line', 'a', 'b', { line: 0, removed: ['a'], added: ['b'], context: undefined }],
  ['a repeated line', 'a\na', 'a\na\na', { line: 2, removed: [], added: ['a'], context: 'a' }],
  ['nothing', 'a\nb', 'a\nb', undefined],
  ['line ends only', 'a\r\nb', 'a\nb', undefined],
])('%s', (_, before, after, expected) => {
  expect(hunkBetween(before, after)).toEqual(expected);
});

test('a diff shows the line before, what went and what came', () => {
  expect(diffText({ line: 4, context: 'if (x) {', removed: ['old'], added: ['new', 'more'] })).toBe(
    '@@ line 5 @@\n if (x) {\n-old\n+new\n+more',
  );
});

test('looks at one place are one edit, another place is another', () => {
  const edits = new RecentEdits();
  edits.observe('a', join(text));
  edits.observe('a', join(withLine(5, 'fir')));
  const first = withLine(5, 'first');
  edits.observe('a', join(first));
  expect(edits.edits.map(({ hunk }) => hunk.added)).toEqual([['first']]);
  edits.observe('a', join(withLine(50, 'second', first)));
  expect(edits.edits.map(({ hunk }) => hunk.added)).toEqual([['first'], ['second']]);
});

test('undone is forgotten', () => {
  const edits = new RecentEdits();
  edits.observe('a', join(text));
  edits.observe('a', join(withLine(5, 'x')));
  edits.observe('a', join(text));
  expect(edits.edits).toEqual([]);
});

test('a paste of many lines is no edit, and what follows is seen on its own', () => {
  const edits = new RecentEdits();
  edits.observe('a', 'start');
  edits.observe('a', join(text));
  expect(edits.edits).toEqual([]);
  edits.observe('a', join(withLine(3, 'changed')));
  expect(edits.edits.map(({ hunk }) => hunk.removed)).toEqual([['line 3']]);
});

test('files and edits are bounded, long texts are left alone', () => {
  const edits = new RecentEdits();
  for (let i = 0; i < 20; i++) {
    edits.observe(`file ${i}`, 'a');
    edits.observe(`file ${i}`, 'b');
  }
  expect(edits.edits).toHaveLength(6);
  const long = 'x'.repeat(300_000);
  edits.observe('long', long);
  edits.observe('long', `${long}y`);
  expect(edits.edits.every(({ key }) => key !== 'long')).toBe(true);
});

test('a closed file takes its edits with it', () => {
  const edits = new RecentEdits();
  edits.observe('a', 'one');
  edits.observe('a', 'two');
  edits.forget('a');
  expect(edits.edits).toEqual([]);
});
