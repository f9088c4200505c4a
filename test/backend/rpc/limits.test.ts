/** What a single connection cannot do to the backend, over real sockets. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { ConnectionLimits } from '../../../backend/rpc/limits.ts';
import { RawSocket, refusedUpgrade } from '../../support/rawSocket.ts';
import { startBackend } from '../../support/startBackend.ts';
import { upgradedTcp } from '../../support/upgradedTcp.ts';

const hello = { messages: [{ role: 'user', content: 'hello' }] };

async function connect(limits: Partial<ConnectionLimits> = {}) {
  const started = await startBackend({ limits });
  return { ...started, client: await RawSocket.initialized(started.target) };
}

describe('the size of messages', () => {
  it('above the limit is answered, and the connection goes on', async () => {
    const { client } = await connect({ messageBytes: 1000 });
    client.sendText('x'.repeat(1001));
    expect(await client.nextReply()).toMatchObject({
      id: null,
      error: {
        message: expect.stringContaining('1000 bytes') as unknown,
        data: { name: 'frameTooLarge' },
      },
    });
    expect((await client.request('backend/status')).error).toBeUndefined();
  });

  it('beyond reason ends the connection before it is received, saying why', async () => {
    const { client } = await connect({ frameBytes: 2000 });
    client.sendText('x'.repeat(2001));
    const { code, reason } = await client.closed;
    expect(code).toBe(1009);
    expect(reason).toMatch(/too large/);
  });
});

describe('frames that are not what they should be', () => {
  it('binary ones are answered', async () => {
    const { client } = await connect();
    client.sendText(Buffer.from([1, 2, 3]), true);
    expect((await client.nextReply()).error?.data.name).toBe('unsupportedFrame');
    expect((await client.request('backend/status')).error).toBeUndefined();
  });

  it('invalid UTF-8 ends the connection, saying why', async () => {
    const { client } = await connect();
    client.sendText(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    const { code, reason } = await client.closed;
    expect(code).toBe(1007);
    expect(reason).toMatch(/UTF-8/);
  });

  it('unmasked ones end the connection, saying why', async () => {
    const { target } = await startBackend();
    const socket = await upgradedTcp(target);
    // A text frame of two bytes, without the mask that clients must use.
    socket.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]));
    const [frame] = (await once(socket, 'data')) as [Buffer];
    expect([frame[0], frame.readUInt16BE(2)]).toStrictEqual([0x88, 1002]);
    expect(frame.subarray(4).toString()).toMatch(/RFC 6455/);
  });
});

describe('the number of messages', () => {
  it('above the rate: requests are refused with a time, and later ones are not', async () => {
    const { client } = await connect({ messages: { perSecond: 50, burst: 20 } });
    for (let id = 0; id < 40; id++) {
      client.send({ jsonrpc: '2.0', id, method: 'model/list' });
    }
    const replies = [];
    for (let id = 0; id < 40; id++) replies.push(await client.nextReply());
    const refused = replies.filter(({ error }) => error?.data.name === 'rateLimited');
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(40);
    const waits = refused.map(({ error }) => Number(error?.data['retryAfterMs']));
    for (const wait of waits) expect(wait).toBeGreaterThan(0);
    // Reading was paused meanwhile, so the next request finds room.
    const later = await client.request('backend/status', undefined, 'later');
    expect(later.error?.data.name ?? 'none').toBe('none');
  });

  it('without a reply is bounded', async () => {
    const { client, engine } = await connect({ inFlight: 2 });
    for (const id of [1, 2, 3]) {
      client.send({ jsonrpc: '2.0', id, method: 'chat/complete', params: hello });
    }
    const refusal = await client.nextReply();
    expect(refusal).toMatchObject({ id: 3, error: { data: { name: 'overloaded' } } });
    for (const id of [1, 2]) {
      (await engine.nextCall()).write(`answer ${id}`).finish();
      expect((await client.nextReply()).result).toMatchObject({ text: `answer ${id}` });
    }
  });
});

describe('a client that stops reading', () => {
  it('is cut off when too much waits for it; others go on, and memory stays bounded', async () => {
    const { client, target, engine, log } = await connect({ bufferedBytes: 256 * 1024 });
    const other = await RawSocket.initialized(target);
    other.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const kept = await engine.nextCall();

    const params = { ...hello, partialResultToken: 'p' };
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params });
    const flood = await engine.nextCall();
    client.socket.pause();
    for (let written = 0; !flood.signal.aborted && written < 4000; written++) {
      // Not one text again and again: an answer that repeats itself is ended for that.
      flood.write(randomBytes(32 * 1024).toString('hex'));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(flood.signal.aborted).toBe(true);
    expect(log()).toMatch(/does not read its answers/);

    kept.write('unharmed').finish();
    expect((await other.nextReply()).result).toMatchObject({ text: 'unharmed' });
  });
});

describe('a peer that is gone without a word', () => {
  it('is found out by the heartbeat', async () => {
    const { client, engine } = await connect({ heartbeatMs: 20 });
    client.send({ jsonrpc: '2.0', id: 1, method: 'chat/complete', params: hello });
    const call = await engine.nextCall();
    const aborted = once(call.signal, 'abort');
    // No pong is sent while the socket is not read.
    client.socket.pause();
    await aborted;
  });

  it('stays when it answers pings', async () => {
    const { client } = await connect({ heartbeatMs: 20 });
    for (let beats = 0; beats < 5; beats++) await once(client.socket, 'ping');
    expect((await client.request('backend/status')).error).toBeUndefined();
  });
});

describe('the number of connections', () => {
  it('is bounded, and a place that becomes free can be taken', async () => {
    const { target } = await startBackend({ config: { maxConnections: 1 } });
    const first = await RawSocket.initialized(target);
    const refused = await refusedUpgrade(target.url, { authorization: `Bearer ${target.token}` });
    expect(refused).toMatchObject({ status: 503, body: { code: 1005 } });
    first.socket.close();
    await first.closed;
    await expect(RawSocket.initialized(target)).resolves.toBeDefined();
  });
});

describe('half a message', () => {
  it('harms nobody, and goes with its connection', async () => {
    const { client, target } = await connect();
    const socket = await upgradedTcp(target);
    // A frame that announces 1000 bytes, and ten of them.
    socket.write(Buffer.from([0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0, ...Buffer.alloc(10)]));
    expect((await client.request('backend/status')).result).toMatchObject({ connections: 2 });
    socket.destroy();
    await once(socket, 'close');
    await expect
      .poll(async () => (await client.request('backend/status')).result)
      .toMatchObject({ connections: 1 });
  });
});
