import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { createHttpClient, isAllowedUrl, networkError } from '../../../backend/models/http.ts';
import { HubServer, status } from '../../support/hubServer.ts';

const { signal } = new AbortController();

/** A proxy that refuses every tunnel, and remembers where to. */
async function startProxy(): Promise<{ url: string; tunnels: (string | undefined)[] }> {
  const tunnels: (string | undefined)[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    tunnels.push(request.url);
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  return { url: `http://127.0.0.1:${address.port}`, tunnels };
}

function client(env: NodeJS.ProcessEnv) {
  const http = createHttpClient({ env });
  onTestFinished(() => http.close());
  return http;
}

describe('createHttpClient', () => {
  it.each(['https_proxy', 'HTTPS_PROXY'])('goes through the proxy of %s', async (name) => {
    const proxy = await startProxy();
    const http = client({ [name]: proxy.url });
    const url = new URL('https://hub.invalid/file');
    await expect(http.get(url, { signal })).rejects.toMatchObject({ name: 'FetchError' });
    expect(proxy.tunnels).toEqual(['hub.invalid:443']);
  });

  it('leaves the proxy aside for NO_PROXY and for this machine', async () => {
    const proxy = await startProxy();
    const hub = await HubServer.start();
    hub.host('/a', { a: 1 });
    const http = client({ HTTPS_PROXY: proxy.url, HTTP_PROXY: proxy.url, NO_PROXY: 'hub.invalid' });
    await expect(http.get(new URL('https://hub.invalid/file'), { signal })).rejects.toThrow(
      'ENOTFOUND',
    );
    expect(await http.getJson(hub.at('/a'), z.object({ a: z.number() }), { signal })).toEqual({
      a: 1,
    });
    expect(proxy.tunnels).toEqual([]);
  });

  it.each([
    [404, false],
    [408, true],
    [429, true],
    [500, true],
  ])('says of %i whether to try again: %s', async (code, retryable) => {
    const hub = await HubServer.start();
    hub.host('/a', {}, status(code, { 'retry-after': '3' }));
    await expect(client({}).get(hub.at('/a'), { signal })).rejects.toMatchObject({
      status: code,
      retryable,
      retryAfterMs: 3000,
    });
  });
});

describe('networkError', () => {
  it.each([
    ['ECONNRESET', true],
    ['ECONNREFUSED', true],
    ['EAI_AGAIN', true],
    ['UND_ERR_SOCKET', true],
    ['UND_ERR_BODY_TIMEOUT', true],
    ['UND_ERR_CONNECT_TIMEOUT', true],
    ['ENOTFOUND', false],
    ['CERT_HAS_EXPIRED', false],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', false],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false],
  ])('says of %s whether to try again: %s', (code, retryable) => {
    const error = networkError(Object.assign(new Error(''), { code }), new URL('https://hub/'));
    expect(error).toMatchObject({ message: `hub: ${code}`, retryable });
  });
});

describe('isAllowedUrl', () => {
  it.each([
    ['https://example.com/', true],
    ['http://127.0.0.1:1/', true],
    ['http://localhost/', true],
    ['http://[::1]/', true],
    ['http://example.com/', false],
    ['http://127.0.0.1.example.com/', false],
    ['ws://localhost/', false],
    ['file:///etc/passwd', false],
  ])('%s: %s', (url, allowed) => expect(isAllowedUrl(new URL(url))).toBe(allowed));
});
