import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import { PilotError } from '../../backend/protocol/errors.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import { ChatParticipant } from '../../extension/chatParticipant.ts';
import { DocumentGate } from '../../extension/documentGate.ts';
import { FakeConnector, FakeSession } from '../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const log = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  debug: () => undefined,
};
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
  reference(place: vscode.Uri): void {
    this.notes.push(`reference: ${place.path}`);
  }
}

async function ask(
  session: FakeSession | undefined,
  references: unknown[] = [],
  patterns: string[] = [],
): Promise<{ notes: string[]; result: vscode.ChatResult }> {
  const connector = new FakeConnector();
  const connection = new BackendConnection(connector, log);
  if (session) {
    connector.queue(session);
    connection.start();
    await connection.ready();
  }
  const participant = new ChatParticipant(connection, new DocumentGate(patterns), log);
  const stream = new NotedStream();
  const result = await participant.handle(
    {
      prompt: 'hi',
      command: undefined,
      references: references.map((value) => ({ id: 'r', value })),
    } as unknown as vscode.ChatRequest,
    { history: [] },
    stream as unknown as vscode.ChatResponseStream,
    new CancellationTokenSource().token,
  );
  return { notes: stream.notes, result: result ?? {} };
}

test('text streams as it comes; notices and thinking are not part of it', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [
      { kind: 'thinking', text: 'Hm.' },
      { kind: 'notice', message: 'The device restarts.' },
      { kind: 'text', text: 'Hello' },
      { kind: 'text', text: ' there' },
    ],
    result: done,
  };
  const { notes, result } = await ask(session);
  expect(notes).toEqual(['progress: The device restarts.', 'Hello', ' there']);
  expect(result).toEqual({ metadata: { sent: 'hi', answer: 'Hello there' } });
  expect(session.requests.at(-1)?.params).toMatchObject({
    messages: [{ role: 'system' }, { role: 'user', content: 'hi' }],
    maxTokens: 1024,
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
  ['outOfMemory', 'button: Show Log → tpuPilot.showLog'],
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
