/** The pages, and who gets past the door, over real sockets. */
import { describe, expect, it } from 'vitest';
import { hashToken, keyId, proofFor } from '../../backend/client/proof.ts';
import { KEY_HEADER, NONCE_HEADER, PROOF_HEADER } from '../../backend/protocol/handshake.ts';
import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FakeEngine } from '../support/fakeEngine.ts';
import { RawSocket, refusedUpgrade } from '../support/rawSocket.ts';
import { startBackend } from '../support/startBackend.ts';

const nonce = 'ab'.repeat(32);

/** `fetch` does not let a test choose the Host header. */
async function get(
  url: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: IncomingMessage['headers']; body: string }> {
  const sent = request(url, { headers, method });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

describe('the health pages', () => {
  it('are open, and tell whether requests can be served', async () => {
    const { instance } = await startBackend({ config: { models: ['fake'] } });
    expect(await get(`${instance.http}/healthz`)).toMatchObject({ status: 200 });
    const ready = await get(`${instance.http}/readyz`);
    expect(ready.status).toBe(200);
    expect(JSON.parse(ready.body)).toStrictEqual({ state: 'degraded' });
  });

  it('without a model: alive, not ready', async () => {
    const engine = new FakeEngine();
    engine.models = () => [];
    const { instance } = await startBackend({ engine });
    expect((await get(`${instance.http}/healthz`)).status).toBe(200);
    const ready = await get(`${instance.http}/readyz`);
    expect(ready).toMatchObject({
      status: 503,
      body: expect.stringContaining('noModel') as unknown,
    });
  });

  it('answer whatever name they are asked by, as load balancers do', async () => {
    const { instance } = await startBackend();
    expect((await get(`${instance.http}/healthz`, { host: 'balancer' })).status).toBe(200);
  });
});

describe('the metrics page', () => {
  it('needs a token', async () => {
    const { instance, target } = await startBackend();
    const page = `${instance.http}/metrics`;
    const refused = await get(page);
    expect(refused.status).toBe(401);
    expect(JSON.parse(refused.body)).toMatchObject({ code: 1001, data: { name: 'unauthorized' } });
    const shown = await get(page, { authorization: `Bearer ${target.token}` });
    expect(shown).toMatchObject({
      status: 200,
      body: expect.stringContaining('tpu_pilot_') as unknown,
    });
  });
});

describe('other pages', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/../token', 404],
    ['POST', '/healthz', 404],
    ['POST', '/metrics', 404],
  ])('%s %s is %i', async (method, path, status) => {
    const { instance } = await startBackend();
    expect((await get(instance.http + path, {}, method)).status).toBe(status);
  });
});

describe('the proof page', () => {
  it('proves knowledge of a token that was named, without one being shown', async () => {
    const { instance, target } = await startBackend();
    const hash = hashToken(target.token);
    const headers = { [NONCE_HEADER]: nonce, [KEY_HEADER]: keyId(hash) };
    const answer = await get(`${instance.http}/proof`, headers);
    expect(answer.status).toBe(204);
    expect(answer.headers[PROOF_HEADER]).toBe(proofFor(hash, nonce));
  });

  it.each([
    ['no key', { [NONCE_HEADER]: nonce }, 401],
    ['an unknown key', { [NONCE_HEADER]: nonce, [KEY_HEADER]: '0'.repeat(16) }, 401],
  ])('proves nothing for %s', async (_, headers, status) => {
    const { instance } = await startBackend();
    const answer = await get(`${instance.http}/proof`, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers[PROOF_HEADER]).toBeUndefined();
  });

  it('proves nothing for what is no nonce', async () => {
    const { instance, target } = await startBackend();
    const headers = { [NONCE_HEADER]: 'short', [KEY_HEADER]: keyId(hashToken(target.token)) };
    const answer = await get(`${instance.http}/proof`, headers);
    expect(answer.headers[PROOF_HEADER]).toBeUndefined();
  });
});

describe('an upgrade', () => {
  const cases: [string, (token: string) => Record<string, string>, number, number][] = [
    ['without a token', () => ({}), 401, 1001],
    ['with a wrong token', () => ({ authorization: `Bearer ${'0'.repeat(64)}` }), 401, 1001],
    ['with half a token', (token) => ({ authorization: `Bearer ${token.slice(32)}` }), 401, 1001],
    ['with an empty token', () => ({ authorization: 'Bearer ' }), 401, 1001],
    ['with another scheme', (token) => ({ authorization: `Basic ${token}` }), 401, 1001],
    [
      'from a web page',
      (token) => ({ authorization: `Bearer ${token}`, origin: 'https://evil.example' }),
      403,
      1007,
    ],
    [
      'from a page without an address',
      (token) => ({ authorization: `Bearer ${token}`, origin: 'null' }),
      403,
      1007,
    ],
    [
      'for another host',
      (token) => ({ authorization: `Bearer ${token}`, host: 'evil.example:80' }),
      421,
      1008,
    ],
  ];
  it.each(cases)('%s is refused', async (_, headers, status, code) => {
    const { target } = await startBackend();
    const refused = await refusedUpgrade(target.url, headers(target.token));
    expect(refused).toMatchObject({ status, body: { code } });
    expect(refused.body).toHaveProperty('data.remedy');
    expect(refused.headers[PROOF_HEADER]).toBeUndefined();
  });

  it('from an origin or for a host that is allowed is let in', async () => {
    const { target } = await startBackend({
      config: { allowOrigins: ['https://good.example'], allowHosts: ['good.example'] },
    });
    const headers = { origin: 'https://good.example', host: 'good.example' };
    await expect(RawSocket.initialized(target, { headers })).resolves.toBeDefined();
  });

  it('is answered with the proof for its nonce', async () => {
    const { target } = await startBackend();
    const headers = { authorization: `Bearer ${target.token}`, [NONCE_HEADER]: nonce };
    const sent = request(target.url.replace('ws:', 'http:'), {
      headers: {
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    });
    sent.end();
    const [response, socket] = (await once(sent, 'upgrade')) as [IncomingMessage, Socket];
    expect(response.headers[PROOF_HEADER]).toBe(proofFor(hashToken(target.token), nonce));
    socket.destroy();
  });
});
