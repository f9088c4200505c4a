import { afterEach, expect, test } from 'vitest';
import type * as vscode from 'vscode';
import type { Proposal } from '../../../extension/chat/apply/proposals.ts';
import { CommitAnswer } from '../../../extension/chat/commitAnswer.ts';
import type { TurnRecord } from '../../../extension/chat/messages.ts';
import type { CommitDraft } from '../../../extension/commit/commitWriter.ts';
import { fakeRepository } from '../../support/fakeRepository.ts';
import { fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

async function answered(
  draft: CommitDraft,
): Promise<{ notes: string[]; record: TurnRecord; offered: Proposal[] }> {
  const notes: string[] = [];
  const stream = {
    progress: () => undefined,
    markdown: (text: string) => void notes.push(text),
    reference: ({ path }: vscode.Uri) => void notes.push(`reference: ${path}`),
    button: ({ command }: vscode.Command) => void notes.push(`button: ${command}`),
  };
  const offered: Proposal[] = [];
  const writer = { write: () => Promise.resolve(draft) };
  const answers = { offer: (proposals: readonly Proposal[]) => void offered.push(...proposals) };
  const record: TurnRecord = { sent: '', answer: '', command: 'commit' };
  const commit = new CommitAnswer(writer, answers);
  const chat = stream as unknown as vscode.ChatResponseStream;
  await commit.answer('shorter', chat, record, new AbortController().signal);
  return { notes, record, offered };
}

function withGit(): void {
  const api = { repositories: [fakeRepository()] };
  fake.extensions.set('vscode.git', { activate: () => Promise.resolve({ getAPI: () => api }) });
}

test('the message is shown with its files and a button; the diff is not remembered', async () => {
  withGit();
  const { notes, record, offered } = await answered({
    kind: 'message',
    text: 'Add a queue',
    paths: ['a.ts'],
    excluded: ['.env'],
  });
  expect(notes).toEqual([
    'reference: /workspace/a.ts',
    '*Not sent: .env.*\n\n',
    '```text\nAdd a queue\n```\n',
  ]);
  expect(record).toEqual({
    sent: 'Write a commit message for my changes. shorter',
    answer: 'Add a queue',
    command: 'commit',
  });
  expect(offered).toEqual([
    { kind: 'commitMessage', root: 'file:///workspace', text: 'Add a queue' },
  ]);
});

test('no changes are no error', async () => {
  withGit();
  const { notes, record, offered } = await answered({ kind: 'noChanges' });
  expect(notes).toEqual(['There are no changes to describe.']);
  expect([record.answer, offered]).toEqual(['', []]);
});

test('in Restricted Mode the way out is a button', async () => {
  fake.isTrusted = false;
  const { notes } = await answered({ kind: 'noChanges' });
  expect(notes).toEqual([
    'Git is off in this folder until you trust it.',
    'button: workbench.trust.manage',
  ]);
});
