/** One client over a real socket: what it may ask, and what it is answered. */
import { describe, expect, it } from 'vitest';
import { errorTable, type ErrorName } from '../../../backend/protocol/errorTable.ts';
import { ChatResult } from '../../../backend/protocol/chat.ts';
import { requests } from '../../../backend/protocol/methods.ts';
import { InitializeResult, PROTOCOL_VERSION } from '../../../backend/protocol/handshake.ts';
import { RawSocket, type Reply } from '../../support/rawSocket.ts';
import { startBackend } from '../../support/startBackend.ts';

const hello = { messages: [{ role: 'user', content: 'hello' }] };

/** The error of a reply, as a row of the table. */
function errorOf(reply: Reply): string | undefined {
  const name = reply.error?.data.name;
  if (name !== undefined) expect(reply.error?.code).toBe(errorTable[name as ErrorName].code);
  return name;
}

async function connect(options: Parameters<typeof startBackend>[0] = {}) {
  const started = await startBackend(options);
  return { ...started, client: await RawSocket.initialized(started.target) };
}

describe('the handshake', () => {
  it('is refused for another protocol, and can be tried again', async () => {
    const { target } = await startBackend();
    const client = await RawSocket.open(target);
    const initialize = (protocolVersion: number): Promise<Reply> =>
      client.request('initialize', { initializationOptions: { protocolVersion } });
    expect(errorOf(await initialize(999))).toBe('protocolMismatch');
    const { result } = await initialize(PROTOCOL_VERSION);
    expect(InitializeResult.parse(result).capabilities.experimental.tpuPilot.role).toBe('admin');
  });

  it('comes before everything else, and once', async () => {
    const { target } = await startBackend();
    const client = await RawSocket.open(target);
    expect(errorOf(await client.request('backend/status'))).toBe('notInitialized');
    expect(errorOf(await client.request('nonsense'))).toBe('notInitialized');
    const params = { initializationOptions: { protocolVersion: PROTOCOL_VERSION } };
    expect(errorOf(await client.request('initialize', params))).toBeUndefined();
    expect(errorOf(await client.request('initialize', params))).toBe('alreadyInitialized');
  });

  it('has to come in time', async () => {
    const { target } = await startBackend({ limits: { initializeMs: 20 } });
    const client = await RawSocket.open(target);
    expect(await client.closed).toStrictEqual({
      code: 1008,
      reason: 'No initialize request came in time.',
    });
  });
});

describe('a request', () => {
  it.each([
    ['an unknown method', 'no/such', {}, 'methodNotFound'],
    ['a method of every object', 'constructor', {}, 'methodNotFound'],
    ['missing params', 'chat/complete', undefined, 'invalidParams'],
    ['params by position', 'chat/complete', [1, 2], 'invalidParams'],
    ['a wrong type', 'chat/complete', { messages: 'hello' }, 'invalidParams'],
    ['an unknown model', 'model/info', { model: 'nobody' }, 'modelNotFound'],
    ['an unknown job', 'job/get', { job: 'nobody' }, 'jobNotFound'],
    [
      'a document that is not open',
      'textDocument/inlineCompletion',
      { textDocument: { uri: 'file:///a' }, position: { line: 0, character: 0 } },
      'documentNotOpen',
    ],
  ])('with %s is answered once', async (_, method, params, expected) => {
    const { client } = await connect();
    expect(errorOf(await client.request(method, params, 7))).toBe(expected);
    // The connection goes on, and nothing more came for that request.
    expect((await client.request('backend/status')).error).toBeUndefined();
    expect(client.received.filter(({ id }) => id === 7)).toHaveLength(1);
  });

  it('that is not valid is told where', async () => {
    const { client } = await connect();
    const reply = await client.request('chat/complete', { messages: [{ role: 'king' }] });
    expect(reply.error?.message).toMatch(/chat\/complete.*messages\.0\.role/);
  });

  it('that fails unexpectedly shows none of its text', async () => {
    const { client, engine, log } = await connect();
    const answer = client.request('chat/complete', hello);
    (await engine.nextCall()).fail(new Error('inner secret'));
    const { error } = await answer;
    expect(error).toMatchObject({ code: -32603, data: { name: 'internalError' } });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(log()).toMatch(/ERROR request failed.*chat\/complete[^]*inner secret[^]*at /);
  });

  it('streams its answer in order, before the result', async () => {
    const { client, engine } = await connect();
    const params = { ...hello, partialResultToken: 'p1' };
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params });
    const call = await engine.nextCall();
    call.write('Good', ' day', '.').finish();
    const texts: unknown[] = [];
    let reply = await client.next();
    while (reply.method === '$/progress') {
      texts.push(reply.params);
      reply = await client.next();
    }
    const value = (text: string): unknown => ({ token: 'p1', value: { kind: 'text', text } });
    expect(texts).toStrictEqual([value('Good'), value(' day'), value('.')]);
    expect(ChatResult.parse(reply.result).text).toBe('Good day.');
  });

  it('that is cancelled stops the engine and is answered once', async () => {
    const { client, engine } = await connect();
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const call = await engine.nextCall();
    call.write('Goo');
    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    const { result } = await client.nextReply();
    expect(call.signal.aborted).toBe(true);
    expect(result).toMatchObject({ text: 'Goo', finishReason: 'cancelled' });
    await client.request('backend/status');
    expect(client.received.filter(({ id }) => id === 1)).toHaveLength(1);
  });

  it('can be cancelled before it has begun', async () => {
    const { client } = await connect();
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    client.send({ jsonrpc: '2.0', method: '$/cancelRequest', params: { id: 1 } });
    expect((await client.nextReply()).result).toMatchObject({ finishReason: 'cancelled' });
  });

  it('cannot have the id of one that runs', async () => {
    const { client, engine } = await connect();
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const call = await engine.nextCall();
    client.send({ jsonrpc: '2.0', id: 1, method: 'backend/status' });
    expect(errorOf(await client.nextReply())).toBe('duplicateId');
    client.send({ jsonrpc: '2.0', id: '1', method: 'backend/status' });
    expect(errorOf(await client.nextReply())).toBe('duplicateId');
    call.write('done').finish();
    expect((await client.nextReply()).result).toMatchObject({ text: 'done' });
    expect((await client.request('backend/status', undefined, 1)).error).toBeUndefined();
  });

  it('of an admin method needs that role', async () => {
    const { client, target } = await connect();
    const { result } = await client.request('token/create', { name: 'guest' });
    const { token } = result as { token: string };
    const guest = await RawSocket.initialized({ ...target, token });
    const admin = Object.entries(requests).filter(([, { role }]) => role === 'admin');
    expect(admin.length).toBeGreaterThan(5);
    for (const [method] of admin) {
      expect(errorOf(await guest.request(method, {}))).toBe('forbidden');
    }
    expect(errorOf(await guest.request('model/list'))).toBeUndefined();
  });
});

describe('a notification', () => {
  it.each([
    { jsonrpc: '2.0', method: 'no/such' },
    { jsonrpc: '2.0', method: 'textDocument/didOpen' },
    { jsonrpc: '2.0', method: 'textDocument/didOpen', params: [1] },
    { jsonrpc: '2.0', method: 'textDocument/didChange', params: { textDocument: {} } },
    { jsonrpc: '2.0', method: '$/cancelRequest' },
    { jsonrpc: '2.0', method: '$/cancelRequest', params: { id: {} } },
    { jsonrpc: '2.0', method: '$/cancelRequest', params: [1] },
    { jsonrpc: '2.0', method: '$/progress', params: { token: 1, value: 2 } },
    { jsonrpc: '2.0', id: 3, result: 'of nothing' },
    { jsonrpc: '2.0', id: null, error: { code: 1, message: 'of nothing' } },
  ])('that makes no sense is dropped: $method', async (message) => {
    const { client } = await connect();
    client.send(message);
    await client.request('backend/status', undefined, 'after');
    const replies = client.received.filter(({ method }) => method === undefined);
    expect(replies.map(({ id }) => id)).toStrictEqual(['initialize', 'after']);
  });

  it('exit closes the connection well', async () => {
    const { client } = await connect();
    expect((await client.request('shutdown')).result).toBeNull();
    client.send({ jsonrpc: '2.0', method: 'exit' });
    expect((await client.closed).code).toBe(1000);
  });
});

describe('documents', () => {
  const uri = 'file:///a.py';
  const open = (text: string) => ({
    jsonrpc: '2.0',
    method: 'textDocument/didOpen',
    params: { textDocument: { uri, languageId: 'python', version: 1, text } },
  });
  const ask = { textDocument: { uri }, position: { line: 0, character: 4 } };

  it('belong to their connection', async () => {
    const { client, target, engine } = await connect();
    client.send(open('own.'));
    const other = await RawSocket.initialized(target);
    const reply = await other.request('textDocument/inlineCompletion', ask);
    expect(errorOf(reply)).toBe('documentNotOpen');

    client.send({ jsonrpc: '2.0', id: 1, method: 'textDocument/inlineCompletion', params: ask });
    const call = await engine.nextCall();
    expect(call.prompt).toContain('own');
    call.write('thing').finish();
    expect((await client.nextReply()).result).toMatchObject({ items: [{ insertText: 'thing' }] });
  });

  it('follow incremental changes', async () => {
    const { client, engine } = await connect();
    client.send(open('cat \n'));
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 3 } };
    client.send({
      jsonrpc: '2.0',
      method: 'textDocument/didChange',
      params: { textDocument: { uri, version: 2 }, contentChanges: [{ range, text: 'dog' }] },
    });
    client.send({ jsonrpc: '2.0', id: 1, method: 'textDocument/inlineCompletion', params: ask });
    expect((await engine.nextCall()).prompt).toContain('dog');
  });

  it('are gone when they are closed', async () => {
    const { client } = await connect();
    client.send(open('cat '));
    client.send({
      jsonrpc: '2.0',
      method: 'textDocument/didClose',
      params: { textDocument: { uri } },
    });
    expect(errorOf(await client.request('textDocument/inlineCompletion', ask))).toBe(
      'documentNotOpen',
    );
  });
});

describe('the end of a connection', () => {
  it('cancels what it asked for, and nothing else', async () => {
    const { client, target, engine } = await connect();
    const other = await RawSocket.initialized(target);
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const doomed = await engine.nextCall();
    other.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const kept = await engine.nextCall();

    const aborted = new Promise((resolve) => doomed.signal.addEventListener('abort', resolve));
    client.socket.terminate();
    await aborted;
    expect(kept.signal.aborted).toBe(false);
    kept.write('still here').finish();
    expect((await other.nextReply()).result).toMatchObject({ text: 'still here' });
  });
});
