/** Who the client refuses to talk to. */
import { once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hashToken, proofFor } from '../../backend/client/proof.ts';
import { openSocket } from '../../backend/client/openSocket.ts';
import { NONCE_HEADER, PROOF_HEADER } from '../../backend/protocol/handshake.ts';
import { startBackend } from '../support/startBackend.ts';

const token = 'a'.repeat(64);

/** A server that is no backend; `seen` collects the headers it got hold of. */
async function impostor(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; seen: http.IncomingHttpHeaders[]; server: Server }> {
  const seen: http.IncomingHttpHeaders[] = [];
  const server = http.createServer((request, response) => {
    seen.push(request.headers);
    answer(request, response);
  });
  server.on('upgrade', (request) => seen.push(request.headers));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, seen, server };
}

function nonceOf(request: IncomingMessage): string {
  return String(request.headers[NONCE_HEADER]);
}

describe('openSocket', () => {
  it.each([
    ['answers without a proof', () => ({})],
    ['guesses', () => ({ [PROOF_HEADER]: '0'.repeat(64) })],
    [
      'knows another token',
      (request: IncomingMessage) => ({
        [PROOF_HEADER]: proofFor(hashToken('b'.repeat(64)), nonceOf(request)),
      }),
    ],
    [
      'repeats an old proof',
      () => ({ [PROOF_HEADER]: proofFor(hashToken(token), 'c'.repeat(64)) }),
    ],
  ])('shows no token to a server that %s', async (_, headers) => {
    const { url, seen } = await impostor((request, response) => {
      response.writeHead(204, headers(request)).end();
    });
    await expect(openSocket({ url, token })).rejects.toMatchObject({
      errorName: 'serverNotProven',
    });
    expect(seen).toHaveLength(1);
    expect(JSON.stringify(seen)).not.toContain(token);
    expect(JSON.stringify(seen)).not.toContain(hashToken(token));
  });

  it('sends no text to a server that proves itself and then is another', async () => {
    const { url, server, seen } = await impostor((request, response) => {
      const proof = proofFor(hashToken(token), nonceOf(request));
      response.writeHead(204, { [PROOF_HEADER]: proof }).end();
    });
    const received: Buffer[] = [];
    server.on('upgrade', (_, socket) => {
      socket.on('data', (data: Buffer) => received.push(data));
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          'Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=\r\n\r\n',
      );
    });
    await expect(openSocket({ url, token })).rejects.toThrow();
    expect(seen).toHaveLength(2);
    expect(received).toStrictEqual([]);
  });

  it('uses one connection for both steps', async () => {
    const { target } = await startBackend();
    let connections = 0;
    const relay = net.createServer((client) => {
      connections += 1;
      const upstream = net.connect(Number(new URL(target.url).port), '127.0.0.1');
      client.pipe(upstream).pipe(client);
      for (const end of [client, upstream]) end.on('error', () => undefined);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { port } = relay.address() as AddressInfo;
    const socket = await openSocket({ ...target, url: `ws://127.0.0.1:${port}` });
    expect(connections).toBe(1);
    socket.terminate();
    relay.close();
  });

  it('says that nobody answers', async () => {
    const { url, server } = await impostor(() => undefined);
    server.close();
    await once(server, 'close');
    await expect(openSocket({ url, token })).rejects.toMatchObject({
      errorName: 'backendUnreachable',
      message: expect.stringMatching(/ECONNREFUSED/) as unknown,
    });
  });

  it('says that another program answers', async () => {
    const { url } = await impostor((_, response) => response.writeHead(200).end('<html>'));
    await expect(openSocket({ url, token })).rejects.toMatchObject({
      errorName: 'backendUnreachable',
      message: expect.stringMatching(/HTTP status 200/) as unknown,
    });
  });

  it('says that the token is wrong', async () => {
    const { target } = await startBackend();
    await expect(openSocket({ ...target, token })).rejects.toMatchObject({
      code: 1001,
      data: { name: 'unauthorized' },
    });
  });

  it('gives up when it is told to', async () => {
    const stop = new AbortController();
    const { url } = await impostor(() => stop.abort());
    await expect(openSocket({ url, token }, stop.signal)).rejects.toMatchObject({
      errorName: 'backendUnreachable',
    });
  });
});
