import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { PilotError } from '../../backend/protocol/errors.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import {
  completionParts,
  type CompletionParts,
} from '../../extension/completion/completionParts.ts';
import type { RecordEvent } from '../../extension/completion/record.ts';
import { DocumentGate } from '../../extension/documentGate.ts';
import { ACCEPTED_COMMAND, InlineCompletionProvider } from '../../extension/inlineCompletion.ts';
import { FakeConnector, FakeSession } from '../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../support/fakeVscode.ts';
import { silentLog } from '../support/silentLog.ts';

afterEach(() => fake.reset());

const uri = vscode.Uri.file('/p/a b.ts');
const document = {
  uri,
  languageId: 'typescript',
  getText: () => '',
  offsetAt: ({ line, character }: vscode.Position) => line * 100 + character,
} as unknown as vscode.TextDocument;
const AUTOMATIC = vscode.InlineCompletionTriggerKind.Automatic;
const suggestion = {
  items: [
    {
      insertText: 'return 1;',
      range: { start: { line: 3, character: 2 }, end: { line: 3, character: 4 } },
    },
  ],
  fate: 'suggested',
  mode: 'prefix',
  model: 'm',
  cached: false,
};

interface Asked {
  readonly session: FakeSession;
  readonly provider: InlineCompletionProvider;
  readonly parts: CompletionParts;
  readonly events: RecordEvent[];
  readonly ask: (
    kind?: vscode.InlineCompletionTriggerKind,
    selected?: vscode.SelectedCompletionInfo,
  ) => Promise<vscode.InlineCompletionItem[] | undefined>;
  readonly source: CancellationTokenSource;
}

async function setUp(
  answer: (signal?: AbortSignal) => unknown,
  patterns: string[] = [],
  asked: vscode.TextDocument = document,
): Promise<Asked> {
  const session = new FakeSession({
    'textDocument/inlineCompletion': (_, signal) => answer(signal),
  });
  const connector = new FakeConnector();
  connector.queue(session);
  const connection = new BackendConnection(connector, silentLog);
  connection.start();
  await connection.ready();
  const gate = new DocumentGate(patterns);
  await gate.didOpen(asked, () => Promise.resolve());
  let time = 100;
  const now = (): number => (time += 85);
  const events: RecordEvent[] = [];
  const parts = completionParts(connection, gate, {
    add: (_, event) => events.push(event),
    watch: () => undefined,
  });
  const provider = new InlineCompletionProvider(connection, gate, silentLog, parts, now);
  const source = new CancellationTokenSource();
  const ask: Asked['ask'] = (triggerKind = AUTOMATIC, selectedCompletionInfo) =>
    provider.provideInlineCompletionItems(
      asked,
      new vscode.Position(3, 4),
      { triggerKind, selectedCompletionInfo },
      source.token,
    );
  return { session, provider, parts, events, ask, source };
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
  const item = new vscode.InlineCompletionItem('return 1;', new vscode.Range(3, 2, 3, 4));
  item.command = { command: ACCEPTED_COMMAND, title: '', arguments: [1] };
  expect(items).toEqual([item]);
  expect(asked.provider.lastCompletionMs).toBe(85);
  expect(asked.session.notifications).toEqual([
    {
      method: 'completion/shown',
      params: {
        textDocument: { uri: 'file:///p/a%20b.ts' },
        position: { line: 3, character: 4 },
        insertText: 'return 1;',
      },
    },
  ]);
});

test('asked for by hand is said so, and alternatives are wanted', async () => {
  const asked = await setUp(() => suggestion);
  await asked.ask(vscode.InlineCompletionTriggerKind.Invoke);
  expect(completionRequests(asked)).toMatchObject([
    { params: { context: { triggerKind: 1 }, alternatives: 3 } },
  ]);
});

test('the item selected in the list of completions is passed on', async () => {
  const asked = await setUp(() => suggestion);
  await asked.ask(AUTOMATIC, { range: new vscode.Range(3, 0, 3, 4), text: 'retry' });
  const range = { start: { line: 3, character: 0 }, end: { line: 3, character: 4 } };
  expect(completionRequests(asked)).toMatchObject([
    { params: { context: { selectedCompletionInfo: { range, text: 'retry' } } } },
  ]);
});

test('settings change what is asked for', async () => {
  fake.userSettings.set('tpuPilot.inlineCompletion.multiline', 'never');
  fake.userSettings.set('tpuPilot.inlineCompletion.fillInOrder', 'prefix-suffix-middle');
  const asked = await setUp(() => suggestion);
  await asked.ask();
  expect(completionRequests(asked)).toMatchObject([
    { params: { maxLines: 1, fillInOrder: 'prefix-suffix-middle' } },
  ]);
});

const huge = { ...document, getText: () => 'x'.repeat(2_000_000) };

test.each<[string, () => void, string[], vscode.TextDocument, string]>([
  [
    'switched off',
    () => fake.userSettings.set('tpuPilot.inlineCompletion.enable', false),
    [],
    document,
    'off',
  ],
  [
    'off for the language',
    () => fake.userSettings.set('tpuPilot.inlineCompletion.disabledLanguages', ['typescript']),
    [],
    document,
    'languageOff',
  ],
  ['on the exclude list', () => undefined, ['**/*.ts'], document, 'excluded'],
  ['too large', () => undefined, [], huge, 'tooLarge'],
])(
  'nothing is asked when %s, and the report says so',
  async (_, prepare, patterns, asked, fate) => {
    prepare();
    const { ask, session, parts } = await setUp(() => suggestion, patterns, asked);
    expect(await ask()).toBeUndefined();
    expect(await ask()).toBeUndefined();
    expect(session.requests.map(({ method }) => method)).toEqual(['backend/status']);
    expect(parts.history.entries).toMatchObject([{ file: '/p/a b.ts', fate, count: 2 }]);
  },
);

test('a pause holds until it is over', async () => {
  const { ask, parts } = await setUp(() => suggestion);
  parts.pause.start(Infinity);
  expect(await ask()).toBeUndefined();
  parts.pause.resume();
  expect(await ask()).toHaveLength(1);
  expect(parts.history.entries.map(({ fate }) => fate)).toEqual(['suggested', 'paused']);
});

test('no suggestion is no measurement, whatever became of it', async () => {
  const asked = await setUp(() => ({ ...suggestion, items: [], fate: 'deadline' }));
  expect(await asked.ask()).toBeUndefined();
  expect(asked.provider.lastCompletionMs).toBeUndefined();
  expect(asked.session.notifications).toEqual([]);
  expect(asked.parts.history.entries).toMatchObject([{ fate: 'deadline', totalMs: 85 }]);
});

test('the rest of what is shown is no new suggestion', async () => {
  const asked = await setUp(() => suggestion);
  await asked.ask();
  await asked.ask();
  expect(asked.session.notifications).toHaveLength(1);
  expect(asked.events.map(({ kind }) => kind)).toEqual(['answered', 'shown', 'answered']);
  expect(asked.parts.history.entries.map(({ outcome }) => outcome)).toEqual(['continued', 'shown']);
});

test('a document that was closed or renamed meanwhile is shown nothing', async () => {
  const closing = { ...document, isClosed: true } as vscode.TextDocument;
  const asked = await setUp(() => suggestion, [], closing);
  expect(await asked.ask()).toBeUndefined();
  expect(asked.parts.history.entries).toMatchObject([{ fate: 'cancelled' }]);
  expect(asked.events.map(({ kind }) => kind)).toEqual(['answered']);
});

test.each<[ConstructorParameters<typeof PilotError>, object]>([
  [['deadlineExceeded', { deadlineMs: 10_000 }], { fate: 'deadline' }],
  [['cancelled'], { fate: 'cancelled' }],
  [
    ['overloaded', { waiting: 1 }],
    { fate: 'failed', detail: expect.stringContaining('queue is full') as string },
  ],
])('an error %j is named in the report', async (error, entry) => {
  const { ask, parts } = await setUp(() => {
    throw new PilotError(...error);
  });
  expect(await ask()).toBeUndefined();
  expect(parts.history.entries).toMatchObject([entry]);
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
