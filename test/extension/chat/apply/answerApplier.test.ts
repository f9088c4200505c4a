import { afterEach, beforeEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { AnswerApplier } from '../../../../extension/chat/apply/answerApplier.ts';
import { PREVIEW_SCHEME } from '../../../../extension/chat/apply/changePreview.ts';
import type { Proposal } from '../../../../extension/chat/apply/proposals.ts';
import { fakeTextDocument } from '../../../support/fakeTextDocument.ts';
import { fake } from '../../../support/fakeVscode.ts';

const change: Proposal = {
  kind: 'replace',
  uri: 'file:///workspace/a.ts',
  line: 1,
  original: '  f();\n  g();',
  text: '  f();\n  h();',
};

let applier: AnswerApplier;
const commitMessages: string[] = [];

function opened(text: string): void {
  fake.documents = [fakeTextDocument('/workspace/a.ts', 'typescript', text) as never];
}

beforeEach(() => {
  commitMessages.length = 0;
  applier = new AnswerApplier((proposal) => {
    commitMessages.push(proposal.text);
    return Promise.resolve();
  });
  // The editor opens a tab with both sides of a diff.
  fake.answers.set('vscode.diff', (original, modified) => {
    fake.tabs.push({ input: new vscode.TabInputTextDiff(original as never, modified as never) });
  });
});

afterEach(() => {
  applier.dispose();
  fake.reset();
});

/** The proposed text of the diff editor that is open. */
function previewed(): unknown {
  const input = fake.tabs.at(-1)?.input as vscode.TabInputTextDiff;
  return fake.contentProviders
    .get(PREVIEW_SCHEME)
    ?.provideTextDocumentContent(input.modified as never);
}

const messages = (): string[] => fake.shown.map(({ message }) => message);

test('a change is looked at first, and then written as one edit', async () => {
  opened('a {\n  f();\n  g();\n}\n');
  await applier.apply(change);
  expect(fake.edits).toEqual([]);
  expect(previewed()).toBe('a {\n  f();\n  h();\n}\n');
  await applier.accept();
  expect(fake.tabs).toEqual([]);
  expect(fake.edits).toEqual([
    { uri: change.uri, at: new vscode.Range(1, 0, 2, 6), text: '  f();\n  h();' },
  ]);
});

test('line ends stay those of the document', async () => {
  opened('a {\r\n  f();\r\n  g();\r\n}\r\n');
  await applier.apply(change);
  expect(previewed()).toBe('a {\r\n  f();\r\n  h();\r\n}\r\n');
  await applier.accept();
  expect(fake.edits[0]?.text).toBe('  f();\r\n  h();');
});

test('a discarded change is forgotten', async () => {
  opened('a {\n  f();\n  g();\n}\n');
  await applier.apply(change);
  await applier.discard();
  expect(fake.tabs).toEqual([]);
  await applier.accept();
  expect(fake.edits).toEqual([]);
  expect(messages()).toEqual(['No proposed change is open.']);
});

test.each([
  ['has changed', 'a {\n  f(1);\n  g();\n}\n'],
  ['has become shorter', 'a {\n'],
])('a document that %s since is left alone', async (_name, text) => {
  opened(text);
  await applier.apply(change);
  expect(fake.tabs).toEqual([]);
  expect(messages()[0]).toContain('a.ts has changed since this answer');
});

test('a document that changes while the change is looked at is left alone', async () => {
  opened('a {\n  f();\n  g();\n}\n');
  await applier.apply(change);
  opened('a {\n  g();\n}\n');
  await applier.accept();
  expect(fake.edits).toEqual([]);
  expect(messages()[0]).toContain('has changed since this answer');
});

test('a document that is gone is said to be', async () => {
  await applier.apply(change);
  expect(messages()).toEqual(['a.ts cannot be opened: it was moved or deleted.']);
});

test('the keyboard reaches the last answer; with several ways, it asks', async () => {
  const buttons: unknown[] = [];
  const stream = { button: ({ title }: vscode.Command) => void buttons.push(title) };
  await applier.apply(undefined);
  expect(messages()).toEqual(['The last answer of @tpu has no code to apply.']);
  applier.offer([{ kind: 'commitMessage', root: 'file:///workspace', text: 'Add a' }], stream);
  await applier.apply({ some: 'garbage' });
  expect(commitMessages).toEqual(['Add a']);
  opened('a {\n  f();\n  g();\n}\n');
  applier.offer([change, { kind: 'insert', text: 'x' }], stream);
  fake.entered = 'Apply to a.ts';
  await applier.apply(undefined);
  expect(fake.tabs).toHaveLength(1);
  expect(buttons).toEqual(['Use as Commit Message', 'Apply to a.ts', 'Insert at Cursor']);
});

test('without an editor there is no cursor to insert at', async () => {
  await applier.apply({ kind: 'insert', text: 'x' });
  expect(messages()[0]).toContain('Open a file first');
});
