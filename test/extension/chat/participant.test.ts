import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { PilotError } from '../../../backend/protocol/errors.ts';
import { notice } from '../../../backend/protocol/notices.ts';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import type { Proposal } from '../../../extension/chat/apply/proposals.ts';
import { ChatParticipant } from '../../../extension/chat/participant.ts';
import { DocumentGate } from '../../../extension/documentGate.ts';
import { FakeConnector, FakeSession } from '../../support/fakeSession.ts';
import { fakeTextDocument, fakeTextEditor } from '../../support/fakeTextDocument.ts';
import { CancellationTokenSource, fake } from '../../support/fakeVscode.ts';
import { silentLog } from '../../support/silentLog.ts';

afterEach(() => fake.reset());

const done = {
  text: 'Hello there',
  finishReason: 'stop' as const,
  model: 'm',
  timings: { queueMs: 0, totalMs: 5, promptTokens: 3, cachedTokens: 0, generatedTokens: 2 },
};

/** Notes what the participant puts into its answer. */
class NotedStream {
  readonly notes: string[] = [];
  markdown(text: string): void {
    this.notes.push(text);
  }
  progress(text: string): void {
    this.notes.push(`progress: ${text}`);
  }
  button({ command, title }: vscode.Command): void {
    this.notes.push(`button: ${title} → ${command}`);
  }
  reference(place: vscode.Uri | vscode.Location): void {
    const { path } = 'uri' in place ? place.uri : place;
    this.notes.push(`reference: ${path}`);
  }
}

interface Answered {
  readonly notes: string[];
  readonly result: vscode.ChatResult;
  readonly offered: Proposal[];
}

function ask(
  session: FakeSession | undefined,
  references: unknown[] = [],
  patterns: string[] = [],
  command?: string,
): Promise<Answered> {
  const attached = references.map((value) => ({ id: 'r', value }));
  return askExactly(session, { prompt: 'hi', references: attached }, command, patterns);
}

async function askExactly(
  session: FakeSession | undefined,
  request: Pick<vscode.ChatRequest, 'prompt' | 'references'>,
  command: string | undefined,
  patterns: string[],
): Promise<Answered> {
  const connector = new FakeConnector();
  const connection = new BackendConnection(connector, silentLog);
  if (session) {
    connector.queue(session);
    connection.start();
    await connection.ready();
  }
  const offered: Proposal[] = [];
  const participant = new ChatParticipant({
    backend: connection,
    gate: new DocumentGate(patterns),
    answers: { offer: (proposals) => offered.push(...proposals) },
    commit: {
      answer: (prompt, _stream, record) => {
        record.answer = `message for ${prompt}`;
        return Promise.resolve();
      },
    },
    log: silentLog,
  });
  const stream = new NotedStream();
  const result = await participant.handle(
    { ...request, command } as unknown as vscode.ChatRequest,
    { history: [] },
    stream as unknown as vscode.ChatResponseStream,
    new CancellationTokenSource().token,
  );
  return { notes: stream.notes, result: result ?? {}, offered };
}

test('a notice in the middle of an answer leaves its text whole, and stands below it', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [
      { kind: 'text', text: 'Hel' },
      { kind: 'notice', message: notice('deviceStopped') },
      { kind: 'text', text: 'lo' },
    ],
    result: { ...done, finishReason: 'length' },
  };
  const { notes, result } = await ask(session);
  expect(notes).toEqual([
    'Hel',
    'lo',
    `\n\n*${notice('deviceStopped')}*`,
    '\n\n*The answer was cut at its longest allowed length.*',
  ]);
  expect(result).toEqual({ metadata: { sent: 'hi', answer: 'Hello' } });
});

test('text streams as it comes; notices and thinking are not part of it', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [
      { kind: 'thinking', text: 'Hm' },
      { kind: 'thinking', text: '.' },
      { kind: 'notice', message: 'The device restarts.' },
      { kind: 'text', text: 'Hello' },
      { kind: 'text', text: ' there' },
    ],
    result: done,
  };
  const { notes, result } = await ask(session);
  expect(notes).toEqual([
    'progress: Thinking…',
    'progress: The device restarts.',
    'Hello',
    ' there',
  ]);
  expect(result).toEqual({ metadata: { sent: 'hi', answer: 'Hello there' } });
  expect(session.requests.at(-1)?.params).toMatchObject({
    messages: [{ role: 'system' }, { role: 'user', content: 'hi' }],
    maxTokens: 1024,
    thinking: false,
  });
});

test('an answer cut at its longest length says so, outside of the record', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [{ kind: 'text', text: 'Hello' }],
    result: { ...done, finishReason: 'length' },
  };
  const { notes, result } = await ask(session);
  expect(notes.at(-1)).toContain('cut at its longest allowed length');
  expect(result.metadata).toEqual({ sent: 'hi', answer: 'Hello' });
});

test.each([
  ['modelNotLoaded', 'button: Get the Default Model → tpuPilot.getDefaultModel'],
  ['connectionLost', 'button: Start Backend → tpuPilot.start'],
  ['outOfMemory', 'button: Manage Models → tpuPilot.manageModels'],
  ['protocolMismatch', 'button: Restart Backend → tpuPilot.restart'],
  ['unauthorized', 'button: Set Backend Token → tpuPilot.setToken'],
] as const)('%s is told with its remedy and a button', async (name, button) => {
  const session = new FakeSession();
  session.chat = { progress: [{ kind: 'text', text: 'Hel' }], result: new PilotError(name) };
  const { notes, result } = await ask(session);
  expect(notes).toEqual(['Hel', button]);
  expect(result.errorDetails?.message).toContain(new PilotError(name).message);
  expect(result.metadata).toEqual({ sent: 'hi', answer: 'Hel' });
});

test('without a backend the answer says so at once', async () => {
  const { notes, result } = await ask(undefined);
  expect(notes).toEqual([
    'progress: Waiting for the backend',
    'button: Start Backend → tpuPilot.start',
  ]);
  expect(result.errorDetails?.message).toContain('it is not running');
});

test('a cancelled answer is remembered as far as it got, without an error', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [{ kind: 'text', text: 'Hel' }],
    result: new PilotError('cancelled'),
  };
  const { notes, result } = await ask(session);
  expect(notes).toEqual(['Hel']);
  expect(result).toEqual({ metadata: { sent: 'hi', answer: 'Hel' } });
});

test('attachments are sent in front of the prompt; excluded ones are named and not sent', async () => {
  fake.files.set('/workspace/a.ts', new TextEncoder().encode('let a;'));
  fake.files.set('/workspace/.env', new TextEncoder().encode('SECRET=1'));
  const session = new FakeSession();
  session.chat = { progress: [], result: done };
  const { notes, result } = await ask(
    session,
    [vscode.Uri.file('/workspace/a.ts'), vscode.Uri.file('/workspace/.env')],
    ['**/.env'],
  );
  expect(notes).toEqual([
    'reference: /workspace/a.ts',
    '*Not sent: .env (on the exclude list).*\n\n',
  ]);
  expect(result.metadata).toMatchObject({ sent: 'File a.ts:\n```\nlet a;\n```\n\nhi' });
  expect(JSON.stringify(session.requests)).not.toContain('SECRET');
});

const code = fakeTextDocument('/workspace/b.ts', 'typescript', 'f() {\n  n++;\n}\n');

test('a command sends its code and its task, and its answer can be applied', async () => {
  fake.activeEditor = fakeTextEditor(code, 0, 2);
  const session = new FakeSession();
  const fixed = '```ts\nf() {\n  this.n++;\n}\n```\n';
  session.chat = { progress: [{ kind: 'text', text: fixed }], result: done };
  const { notes, result, offered } = await ask(session, [], [], 'fix');
  expect(notes).toEqual(['reference: /workspace/b.ts', fixed]);
  expect(result.metadata).toMatchObject({ command: 'fix', answer: fixed });
  expect(offered).toMatchObject([{ kind: 'replace', text: 'f() {\n  this.n++;\n}' }]);
  const [question] = session.requests.slice(-1).map(({ params }) => JSON.stringify(params));
  expect(question).toContain('Find and correct the mistakes');
});

test('nothing is asked when there is no code to look at', async () => {
  const session = new FakeSession();
  const secret = fakeTextDocument('/workspace/.env', 'dotenv', 'PASSWORD=1');
  fake.activeEditor = fakeTextEditor(secret, 0);
  const none = { prompt: '', references: [] };
  const { notes } = await askExactly(session, none, 'explain', ['**/.env']);
  expect(notes).toEqual([
    '*Not sent: .env (on the exclude list).*\n\n',
    'There is no code to look at. Open a file, or attach one with #.',
  ]);
  expect(session.requests.map(({ method }) => method)).not.toContain('chat/complete');
});

test('/commit is answered by the commit writer', async () => {
  const { result } = await ask(new FakeSession(), [], [], 'commit');
  expect(result.metadata).toEqual({ sent: '', answer: 'message for hi', command: 'commit' });
});

test('what is sent is fitted by the model’s own count of tokens', async () => {
  const session = new FakeSession({
    // As of a text in Chinese: a token for each character.
    'chat/countTokens': ({ messages = [] }) => ({
      tokens: messages.reduce((sum, { content }) => sum + content.length, 0),
      model: 'm',
      contextLength: 4096,
    }),
  });
  session.chat = { progress: [], result: done };
  const text = Array.from({ length: 1000 }, () => '一二三四五六七八九').join('\n');
  fake.files.set('/workspace/long.md', new TextEncoder().encode(text));
  const { notes } = await ask(session, [vscode.Uri.file('/workspace/long.md')]);
  expect(notes.at(-1)).toContain('the end of File long.md (too long)');
  const { params } = session.requests.at(-1) ?? {};
  const sent = JSON.stringify(params).length;
  expect(sent).toBeLessThan(4096 - 1024);
  expect(sent).toBeGreaterThan(1500);
});
