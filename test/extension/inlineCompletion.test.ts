import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { PilotError } from '../../backend/protocol/errors.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import { DocumentGate } from '../../extension/documentGate.ts';
import { InlineCompletionProvider } from '../../extension/inlineCompletion.ts';
import { FakeConnector, FakeSession } from '../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};
const uri = vscode.Uri.file('/p/a b.ts');
const document = {
  uri,
  languageId: 'typescript',
  getText: () => '',
} as unknown as vscode.TextDocument;
const suggestion = {
  items: [
    {
      insertText: 'return 1;',
      range: { start: { line: 3, character: 2 }, end: { line: 3, character: 4 } },
    },
  ],
  mode: 'prefix',
  model: 'm',
  cached: false,
};

interface Asked {
  readonly session: FakeSession;
  readonly provider: InlineCompletionProvider;
  ask(
    kind?: vscode.InlineCompletionTriggerKind,
  ): Promise<vscode.InlineCompletionItem[] | undefined>;
  readonly source: CancellationTokenSource;
}

async function setUp(
  answer: (signal?: AbortSignal) => unknown,
  patterns: string[] = [],
): Promise<Asked> {
  const session = new FakeSession({
    'textDocument/inlineCompletion': (_, signal) => answer(signal),
  });
  const connector = new FakeConnector();
  connector.queue(session);
  const connection = new BackendConnection(connector, log);
  connection.start();
  await connection.ready();
  const gate = new DocumentGate(patterns);
  await gate.didOpen(document, () => Promise.resolve());
  const times = [100, 185];
  const provider = new InlineCompletionProvider(connection, gate, log, () => times.shift() ?? 0);
  const source = new CancellationTokenSource();
  const ask: Asked['ask'] = (triggerKind = vscode.InlineCompletionTriggerKind.Automatic) =>
    provider.provideInlineCompletionItems(
      document,
      new vscode.Position(3, 4),
      { triggerKind, selectedCompletionInfo: undefined },
      source.token,
    );
  return { session, provider, ask, source };
}

const completionRequests = ({ session }: Asked): unknown[] =>
  session.requests.filter(({ method }) => method === 'textDocument/inlineCompletion');

test('asks with the document, the place and the limits, and shows what comes back', async () => {
  const asked = await setUp(() => suggestion);
  const items = await asked.ask();
  expect(completionRequests(asked)).toEqual([
    {
      method: 'textDocument/inlineCompletion',
      params: {
        textDocument: { uri: 'file:///p/a%20b.ts' },
        position: { line: 3, character: 4 },
        context: { triggerKind: 2 },
        maxTokens: 64,
        deadlineMs: 10_000,
      },
    },
  ]);
  expect(items).toEqual([
    new vscode.InlineCompletionItem('return 1;', new vscode.Range(3, 2, 3, 4)),
  ]);
  expect(asked.provider.lastCompletionMs).toBe(85);
});

test('asked for by hand is said so', async () => {
  const asked = await setUp(() => suggestion);
  await asked.ask(vscode.InlineCompletionTriggerKind.Invoke);
  expect(completionRequests(asked)).toMatchObject([{ params: { context: { triggerKind: 1 } } }]);
});

test.each([
  ['switched off', () => fake.userSettings.set('tpuPilot.inlineCompletion.enable', false), []],
  [
    'off for the language',
    () => fake.userSettings.set('tpuPilot.inlineCompletion.disabledLanguages', ['typescript']),
    [],
  ],
  ['on the exclude list', () => undefined, ['**/*.ts']],
])('nothing is asked when %s', async (_, prepare, patterns) => {
  prepare();
  const asked = await setUp(() => suggestion, patterns);
  expect(await asked.ask()).toBeUndefined();
  expect(completionRequests(asked)).toEqual([]);
});

test('no suggestion is no measurement', async () => {
  const asked = await setUp(() => ({ ...suggestion, items: [] }));
  expect(await asked.ask()).toBeUndefined();
  expect(asked.provider.lastCompletionMs).toBeUndefined();
});

test('an error is no suggestion, and no message', async () => {
  const asked = await setUp(() => {
    throw new PilotError('overloaded', { waiting: 1 });
  });
  expect(await asked.ask()).toBeUndefined();
  expect(fake.shown).toEqual([]);
});

test('cancelling reaches the request, and a late answer is not shown', async () => {
  let answer: () => void = () => undefined;
  let signal: AbortSignal | undefined;
  const asked = await setUp((given) => {
    signal = given;
    return new Promise((resolve) => {
      answer = () => resolve(suggestion);
    });
  });
  const items = asked.ask();
  await Promise.resolve();
  asked.source.cancel();
  expect(signal?.aborted).toBe(true);
  answer();
  expect(await items).toBeUndefined();
});
