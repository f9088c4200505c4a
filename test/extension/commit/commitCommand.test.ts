/** The button of the source control view, over a backend that answers from a script. */
import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import { CommitCommand } from '../../../extension/commit/commitCommand.ts';
import { CommitWriter } from '../../../extension/commit/commitWriter.ts';
import type { GitRepository } from '../../../extension/commit/git.ts';
import { DocumentGate } from '../../../extension/documentGate.ts';
import { FakeConnector, FakeSession } from '../../support/fakeSession.ts';
import { fake } from '../../support/fakeVscode.ts';
import { diffOf, fakeRepository } from '../../support/fakeRepository.ts';

afterEach(() => fake.reset());

const quiet = (): void => undefined;
const log = { info: quiet, warn: quiet, error: quiet, debug: quiet };

function withGit(...repositories: GitRepository[]): void {
  const api = { repositories };
  fake.extensions.set('vscode.git', { activate: () => Promise.resolve({ getAPI: () => api }) });
}

/** A command whose model answers that. */
async function command(
  answer: string,
  meanwhile: () => void = quiet,
): Promise<{ run: (argument?: unknown) => Promise<void>; session: FakeSession }> {
  const session = new FakeSession({
    'chat/countTokens': () => {
      meanwhile();
      return { tokens: 1, model: 'm', contextLength: 100 };
    },
  });
  const timings = { queueMs: 0, totalMs: 5, promptTokens: 3, cachedTokens: 0, generatedTokens: 2 };
  session.chat = {
    progress: [],
    result: { text: answer, finishReason: 'stop', model: 'm', timings },
  };
  const connector = new FakeConnector();
  connector.queue(session);
  const backend = new BackendConnection(connector, log);
  backend.start();
  await backend.ready();
  const writer = new CommitWriter(backend, new DocumentGate(['**/.env']), log);
  const commit = new CommitCommand(writer);
  return { run: (argument) => commit.run(argument), session };
}

const messages = (): string[] => fake.shown.map(({ message }) => message);

test('the message goes into the box, without thinking and without ado', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts'), subjects: ['feat: b'] });
  withGit(repository);
  const { run, session } = await command('Sure! Here it is:\n\nfeat: change a\n');
  await run();
  expect(repository.inputBox.value).toBe('feat: change a');
  expect(messages()).toEqual([]);
  expect(session.requests.at(-1)).toMatchObject({
    method: 'chat/complete',
    params: { thinking: false, maxTokens: 256 },
  });
  expect(JSON.stringify(session.requests)).toContain('- feat: b');
});

test('an old message can be had back', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts') });
  repository.inputBox.value = 'my words';
  withGit(repository);
  fake.press = 'Undo';
  const { run, session } = await command('Change a');
  await run();
  expect(repository.inputBox.value).toBe('my words');
  expect(messages()).toEqual(['The commit message was replaced.']);
  expect(JSON.stringify(session.requests)).toContain('The author says: my words');
});

test('what was written here is no hint for the next one', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts') });
  withGit(repository);
  const { run, session } = await command('Change a');
  await run();
  await run();
  expect(JSON.stringify(session.requests)).not.toContain('The author says');
});

test('what is typed meanwhile is never overwritten unasked', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts') });
  withGit(repository);
  const { run } = await command('Change a', () => {
    repository.inputBox.value = 'typed';
  });
  await run();
  expect(repository.inputBox.value).toBe('typed');
  expect(messages()[0]).toContain('typed a commit message meanwhile');
});

test('secrets are not sent, neither text nor name', async () => {
  const repository = fakeRepository({ staged: diffOf('a.ts', '.env') });
  withGit(repository);
  const { run, session } = await command('Change a');
  await run();
  expect(JSON.stringify(session.requests)).not.toContain('.env');
});

test.each([
  ['no changes', '', 'Change a', 'There are no changes to describe.'],
  ['only secrets', diffOf('.env'), 'x', 'Everything that changed is on the exclude list: .env.'],
  ['an empty answer', diffOf('a.ts'), '', 'The model wrote no message. Try again.'],
])('%s is said, and the box stays as it is', async (_name, staged, answer, sentence) => {
  const repository = fakeRepository({ staged });
  repository.inputBox.value = 'mine';
  withGit(repository);
  await (await command(answer)).run();
  expect(messages()).toEqual([sentence]);
  expect(repository.inputBox.value).toBe('mine');
});

test('of several repositories the person chooses one, unless a view names it', async () => {
  const one = fakeRepository({ staged: diffOf('a.ts'), root: '/workspace/one' });
  const two = fakeRepository({ staged: diffOf('a.ts'), root: '/workspace/two' });
  withGit(one, two);
  const { run } = await command('Change a');
  await run();
  expect([one.inputBox.value, two.inputBox.value]).toEqual(['', '']);
  fake.entered = 'two';
  await run();
  expect([one.inputBox.value, two.inputBox.value]).toEqual(['', 'Change a']);
  await run({ rootUri: vscode.Uri.file('/workspace/one') });
  expect(one.inputBox.value).toBe('Change a');
});

test.each([
  ['is missing', () => undefined, 'Git is not available'],
  ['is turned off', () => withGit(), 'No Git repository is open.'],
  [
    'is of an unknown version',
    () => fake.extensions.set('vscode.git', { activate: () => Promise.resolve({ other: 1 }) }),
    'Git is not available',
  ],
  [
    'is off in Restricted Mode',
    () => {
      fake.isTrusted = false;
    },
    'until you trust it',
  ],
])('when Git %s, that is said', async (_name, prepare, sentence) => {
  prepare();
  await (await command('Change a')).run();
  expect(messages()[0]).toContain(sentence);
});

test('the way out of Restricted Mode is a button', async () => {
  fake.isTrusted = false;
  fake.press = 'Manage Workspace Trust';
  await (await command('Change a')).run();
  expect(fake.executed).toEqual(['workbench.trust.manage']);
});
