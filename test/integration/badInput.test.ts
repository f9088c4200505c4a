/**
 * Everything a client can do wrong, against the real program with the real model, while another
 * client streams: each gets its answer, and the other notices nothing.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import type { Target } from '../../backend/client/target.ts';
import { errorTable } from '../../backend/protocol/errorTable.ts';
import { BackendProcess } from '../support/backendProcess.ts';
import { testModelPath } from '../support/provideModel.ts';
import { RawSocket, refusedUpgrade } from '../support/rawSocket.ts';
import { Witness } from '../support/witness.ts';

/** A backend at rest has about 90 MB, a frame may have 64 MB for a moment. */
const MEMORY_BOUND = 400_000_000;

let home: string;
let backend: BackendProcess;
let target: Target;
let observer: BackendClient;
let witness: Witness;

beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  backend = BackendProcess.spawn(home, ['--model', testModelPath()]);
  ({ target } = await backend.ready());
  observer = await BackendClient.connect(target);
});

afterAll(async () => {
  await backend.end();
  await rm(home, { recursive: true, force: true });
});

beforeEach(async () => {
  witness = await Witness.start(target);
});

afterEach(async () => {
  await witness.next();
  expect(await witness.stop()).toStrictEqual([]);
  const { state, residentBytes } = await observer.request('backend/status', null);
  expect(state).toBe('ready');
  expect(residentBytes).toBeLessThan(MEMORY_BOUND);
});

describe('a message', () => {
  const uri = 'file:///nowhere';
  it.each([
    ['that is not JSON', 'hello', 'parseError', null],
    ['that is cut off', '{"jsonrpc":"2.0","id":1,', 'parseError', null],
    ['that is a batch', '[{"jsonrpc":"2.0","id":1,"method":"model/list"}]', 'invalidRequest', null],
    ['without a version', { id: 1, method: 'model/list' }, 'invalidRequest', 1],
    ['with an unknown method', { jsonrpc: '2.0', id: 1, method: 'x' }, 'methodNotFound', 1],
    [
      'of a wrong schema',
      { jsonrpc: '2.0', id: 1, method: 'chat/complete', params: { messages: 'hello' } },
      'invalidParams',
      1,
    ],
    [
      'about a document that is not open',
      {
        jsonrpc: '2.0',
        id: 1,
        method: 'textDocument/inlineCompletion',
        params: { textDocument: { uri }, position: { line: 0, character: 0 } },
      },
      'documentNotOpen',
      1,
    ],
    ['that is too large', 'x'.repeat(9 * 1024 * 1024), 'frameTooLarge', null],
  ] as const)('%s is answered with code, sentence and remedy', async (_, message, name, id) => {
    const client = await RawSocket.initialized(target);
    client.send(message);
    const { code, remedy } = errorTable[name];
    expect(await client.nextReply()).toMatchObject({ id, error: { code, data: { name, remedy } } });
    expect((await client.request('model/list')).error).toBeUndefined();
  });

  it('in a binary frame is answered', async () => {
    const client = await RawSocket.initialized(target);
    client.sendText(Buffer.from('{"jsonrpc":"2.0","id":1,"method":"model/list"}'), true);
    expect((await client.nextReply()).error?.data.name).toBe('unsupportedFrame');
  });

  it('in invalid UTF-8 ends its connection, saying why', async () => {
    const client = await RawSocket.initialized(target);
    client.sendText(Buffer.from([0xc3, 0x28]));
    expect(await client.closed).toStrictEqual({
      code: 1007,
      reason: expect.stringMatching(/UTF-8/) as unknown,
    });
  });

  it('of 65 MB ends its connection, saying why', async () => {
    const client = await RawSocket.initialized(target);
    client.sendText(Buffer.alloc(65 * 1024 * 1024, 0x20));
    expect(await client.closed).toStrictEqual({
      code: 1009,
      reason: expect.stringMatching(/too large/) as unknown,
    });
  });

  it('of which half comes is waited for, and forgotten with its connection', async () => {
    const client = await RawSocket.initialized(target);
    client.socket.send('{"jsonrpc":"2.0","id":1,', { fin: false });
    await witness.next();
    client.socket.terminate();
    await client.closed;
  });

  it('with a prompt of a million tokens is refused, with both numbers', async () => {
    const client = await RawSocket.initialized(target);
    const content = 'one two three four '.repeat(250_000);
    const { error } = await client.request('chat/complete', {
      messages: [{ role: 'user', content }],
    });
    expect(error).toMatchObject({
      code: errorTable.promptTooLong.code,
      message: expect.stringMatching(
        /needs (at least )?\d{6,7} tokens; the model has room for \d{4}/,
      ) as unknown,
    });
  });
});

describe('a client', () => {
  it('with a wrong token gets 401, and no websocket', async () => {
    const refused = await refusedUpgrade(target.url, { authorization: 'Bearer wrong' });
    expect(refused).toMatchObject({ status: 401, body: { code: errorTable.unauthorized.code } });
  });

  it('that speaks no HTTP is shown out', async () => {
    const socket = net.connect(Number(new URL(target.url).port), '127.0.0.1');
    socket.end('\x16\x03\x01 this is no request\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 400/);
    socket.destroy();
  });

  it('that stops reading is cut off', async () => {
    const client = await RawSocket.initialized(target);
    client.socket.pause();
    let sent = 0;
    const flood = setInterval(() => {
      for (let n = 0; n < 20; n++) {
        client.send({ jsonrpc: '2.0', id: (sent += 1), method: 'metrics/snapshot' });
      }
    }, 100);
    await expect
      .poll(() => backend.stderr, { timeout: 60_000, interval: 200 })
      .toMatch(/does not read its answers/);
    clearInterval(flood);
    client.socket.resume();
    expect((await client.closed).code).toBe(1006);
  });

  it('that leaves in the middle of an answer stops it on the device', async () => {
    const client = await RawSocket.initialized(target);
    const params = {
      messages: [{ role: 'user', content: 'Count to ten thousand.' }],
      partialResultToken: 1,
    };
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params });
    await client.next();
    expect((await observer.request('backend/status', null)).running).toBe(2);
    client.socket.terminate();
    await expect.poll(async () => (await observer.request('backend/status', null)).running).toBe(1);
  });
});
