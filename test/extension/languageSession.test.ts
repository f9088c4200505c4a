/** The real language client on a real websocket, against a small backend made of this file. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import {
  createMessageConnection,
  ResponseError,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { WebSocket, WebSocketServer } from 'ws';
import { messageTransports } from '../../backend/client/messageTransports.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { PROTOCOL_VERSION } from '../../backend/protocol/handshake.ts';
import type { LanguageSession } from '../../extension/languageSession.ts';
import { bundleSession, type BundledSession } from '../support/bundledSession.ts';
import { readyStatus } from '../support/fakeSession.ts';
import type { FakeDocument } from '../support/fakeVscode.ts';

let parts: BundledSession;
let server: WebSocketServer;
const opened: { session?: LanguageSession; readonly backend: MessageConnection }[] = [];

beforeAll(async () => {
  parts = await bundleSession();
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
});

afterEach(async () => {
  for (const { session, backend } of opened.splice(0)) {
    await session?.close();
    backend.dispose();
  }
  parts.fake.reset();
});

afterAll(() => server.close());

/** Names of the log's calls that would alarm somebody are kept; all else is dropped. */
function quietLog(): vscode.LogOutputChannel {
  const nothing = (): undefined => undefined;
  const listen = (): { dispose(): void } => ({ dispose: nothing });
  const log = { logLevel: 3, onDidChangeLogLevel: listen, name: 'TPU Pilot' };
  const methods = ['trace', 'debug', 'info', 'warn', 'error', 'append', 'appendLine', 'show'];
  return Object.assign(log, Object.fromEntries(methods.map((name) => [name, nothing]))) as never;
}

interface Streamed {
  readonly partialResultToken: string;
}

interface Pair {
  readonly session: LanguageSession;
  readonly backend: MessageConnection;
  readonly socket: WebSocket;
  readonly gate: InstanceType<BundledSession['DocumentGate']>;
  /** Every message the backend got, as text. */
  readonly wire: string[];
  readonly methods: () => string[];
}

const handshake = {
  capabilities: {
    textDocumentSync: { openClose: true, change: 2 },
    positionEncoding: 'utf-16',
    experimental: { tpuPilot: { protocolVersion: PROTOCOL_VERSION, role: 'admin' } },
    // What a hostile backend might add: commands and providers of its own.
    inlineCompletionProvider: true,
    executeCommandProvider: { commands: ['evil.command'] },
    hoverProvider: true,
  },
  serverInfo: { name: 'test', version: '1.0.0' },
};

async function connect(
  patterns: string[] = [],
  initialize: () => unknown = () => handshake,
): Promise<Pair> {
  const wire: string[] = [];
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${port}`);
  const [socket] = await accepted;
  socket.on('message', (data: Buffer) => wire.push(data.toString()));
  const { reader, writer } = messageTransports(socket);
  const backend = createMessageConnection(reader, writer);
  backend.onRequest('initialize', initialize);
  backend.onRequest('shutdown', () => null);
  backend.onRequest('backend/status', () => readyStatus);
  backend.listen();
  await once(client, 'open');
  const gate = new parts.DocumentGate(patterns);
  const open: (typeof opened)[number] = { backend };
  opened.push(open);
  const session = await parts.LanguageSession.open(client, false, gate, quietLog());
  open.session = session;
  const methods = (): string[] =>
    wire.flatMap((text) => {
      const { method } = JSON.parse(text) as { method?: string };
      return method === undefined ? [] : [method];
    });
  return { session, backend, socket, gate, wire, methods };
}

function document(path: string, text: string): FakeDocument {
  const uri = parts.Uri.file(path);
  return { uri, languageId: 'plaintext', version: 1, getText: () => text };
}

const settled = { interval: 2, timeout: 5000 };

test('initializes with the protocol version and learns its role', async () => {
  const { session, wire } = await connect();
  expect(session.role).toBe('admin');
  expect(JSON.parse(wire[0] ?? '')).toMatchObject({
    method: 'initialize',
    params: { initializationOptions: { protocolVersion: PROTOCOL_VERSION } },
  });
});

test('documents follow the editor; an excluded one never reaches the wire', async () => {
  const { fake } = parts;
  const [code, secret] = [document('/p/a.ts', 'let a;'), document('/p/.env', 'SECRET=1')];
  fake.openDocument(code);
  fake.openDocument(secret);
  const pair = await connect(['**/.env']);
  const later = document('/p/later.ts', 'later');
  fake.openDocument(later);
  fake.changeDocument(code, 'typed');
  fake.changeDocument(secret, 'SECRET=2');
  await vi.waitUntil(() => pair.methods().includes('textDocument/didChange'), settled);
  fake.closeDocument(secret);
  fake.closeDocument(later);
  await vi.waitUntil(() => pair.methods().includes('textDocument/didClose'), settled);
  expect(pair.methods()).toEqual([
    'initialize',
    'initialized',
    'textDocument/didOpen',
    'textDocument/didOpen',
    'textDocument/didChange',
    'textDocument/didClose',
  ]);
  expect(pair.wire.join('\n')).not.toContain('SECRET');
});

test('documents are closed and opened again when the exclude list changes', async () => {
  const query = document('/p/b.sql', 'select 1');
  parts.fake.openDocument(query);
  const { session, gate, methods } = await connect();
  await vi.waitUntil(() => methods().includes('textDocument/didOpen'), settled);
  for (const patterns of [['**/*.sql'], []]) {
    const { revoked, granted } = gate.setPatterns(patterns, parts.fake.documents);
    await session.resend(revoked as never, granted as never);
  }
  await session.request('backend/status', null);
  expect(methods().filter((method) => method.startsWith('textDocument/'))).toEqual([
    'textDocument/didOpen',
    'textDocument/didClose',
    'textDocument/didOpen',
  ]);
});

test('a hint is sent after the change before it; on a lost connection it is lost quietly', async () => {
  const code = document('/p/a.ts', 'let a;');
  parts.fake.openDocument(code);
  const { session, socket, methods } = await connect();
  const place = { textDocument: { uri: code.uri.toString() }, position: { line: 0, character: 1 } };
  parts.fake.changeDocument(code, 'typed');
  session.notify('completion/warm', place);
  await vi.waitUntil(() => methods().includes('completion/warm'), settled);
  expect(methods().slice(-2)).toEqual(['textDocument/didChange', 'completion/warm']);
  socket.terminate();
  await session.closed;
  // An unhandled rejection would fail the run.
  session.notify('completion/shown', { ...place, insertText: 'a' });
  await session.close();
});

test('a backend cannot edit files, open pages or add commands', async () => {
  const { backend } = await connect();
  expect(await backend.sendRequest('workspace/applyEdit', { edit: {} })).toEqual({
    applied: false,
  });
  expect(
    await backend.sendRequest('window/showDocument', { uri: 'https://x', external: true }),
  ).toEqual({ success: false });
  expect(parts.fake.commands.size).toBe(0);
});

test('chat streams in order, and cancelling reaches the backend', async () => {
  const { session, backend } = await connect();
  backend.onRequest('chat/complete', async (params: Streamed, token: CancellationToken) => {
    for (const text of ['one ', 'two']) {
      const value = { kind: 'text', text };
      await backend.sendNotification('$/progress', { token: params.partialResultToken, value });
    }
    await new Promise<void>((resolve) => token.onCancellationRequested(() => resolve()));
    const timings = {
      queueMs: 0,
      totalMs: 1,
      promptTokens: 1,
      cachedTokens: 0,
      generatedTokens: 2,
    };
    return { text: 'one two', finishReason: 'cancelled', model: 'm', timings };
  });
  const controller = new AbortController();
  const texts: string[] = [];
  const result = await session.streamChat(
    { messages: [{ role: 'user', content: 'hi' }] },
    (progress) => {
      if (progress.kind === 'text') texts.push(progress.text);
      if (texts.length === 2) controller.abort();
    },
    controller.signal,
  );
  expect(texts).toEqual(['one ', 'two']);
  expect(result.finishReason).toBe('cancelled');
});

test('several parts listen to the same notification, each until it stops', async () => {
  const { session, backend } = await connect();
  const seen: string[] = [];
  const first = session.on('backend/statusChanged', ({ running }) => seen.push(`a${running}`));
  session.on('backend/statusChanged', ({ running }) => seen.push(`b${running}`));
  await backend.sendNotification('backend/statusChanged', { ...readyStatus, running: 1 });
  await vi.waitUntil(() => seen.length === 2, { interval: 1 });
  first.dispose();
  await backend.sendNotification('backend/statusChanged', { ...readyStatus, running: 2 });
  await vi.waitUntil(() => seen.length === 3, { interval: 1 });
  expect(seen).toEqual(['a1', 'b1', 'b2']);
});

test('notifications arrive checked', async () => {
  const { session, backend } = await connect();
  const seen: number[] = [];
  session.on('backend/statusChanged', ({ running }) => seen.push(running));
  await backend.sendNotification('backend/statusChanged', { nonsense: true });
  await backend.sendNotification('backend/statusChanged', { ...readyStatus, running: 7 });
  await vi.waitUntil(() => seen.length > 0, settled);
  expect(seen).toEqual([7]);
});

test('closing says goodbye', async () => {
  const { session, socket, methods } = await connect();
  const ended = once(socket, 'close');
  await session.close();
  await ended;
  expect(methods().slice(-2)).toEqual(['shutdown', 'exit']);
  await session.close();
});

test('a backend that dies rejects what was asked, without a message to the person', async () => {
  const { session, socket, backend } = await connect();
  backend.onRequest('model/list', () => new Promise(() => undefined));
  const asked = session.request('model/list', null);
  socket.terminate();
  await expect(asked).rejects.toMatchObject({ errorName: 'connectionLost' });
  await session.closed;
  await expect(session.request('model/list', null)).rejects.toMatchObject({
    errorName: 'connectionLost',
  });
  expect(parts.fake.shown).toEqual([]);
});

test('a backend of another protocol is refused with its reason, without a second message', async () => {
  const mismatch = new PilotError('protocolMismatch', { client: 1, server: 2 });
  const refused = connect([], () => {
    throw new ResponseError(mismatch.code, mismatch.message, mismatch.data);
  });
  await expect(refused).rejects.toMatchObject({ code: mismatch.code, message: mismatch.message });
  expect(parts.fake.shown).toEqual([]);
});
