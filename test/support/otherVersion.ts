/**
 * `node --import tsx test/support/otherVersion.ts HOME`: a backend of a version to come, in a process
 * of its own. It proves itself and answers `initialize` as one with another protocol does, and it
 * tells where it is as any backend does. Prints "ready".
 */
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { WebSocketServer } from 'ws';
import * as z from 'zod';
import { homePaths } from '../../backend/client/home.ts';
import type { Instance } from '../../backend/client/instanceFile.ts';
import { hashToken, proofFor } from '../../backend/client/proof.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { NONCE_HEADER, PROOF_HEADER, PROTOCOL_VERSION } from '../../backend/protocol/handshake.ts';

const Request = z.object({ id: z.union([z.number(), z.string()]), method: z.string() });

const [home = ''] = process.argv.slice(2);
const paths = homePaths(home);
const token = randomBytes(32).toString('hex');
const server = PROTOCOL_VERSION + 1;

const proof = (request: IncomingMessage): string =>
  proofFor(hashToken(token), String(request.headers[NONCE_HEADER]));

const http = createServer((request, response) => {
  response.writeHead(204, { [PROOF_HEADER]: proof(request) }).end();
});
const sockets = new WebSocketServer({ server: http });
sockets.on('headers', (headers, request) => headers.push(`${PROOF_HEADER}: ${proof(request)}`));
sockets.on('connection', (socket, request) => {
  if (request.headers.authorization !== `Bearer ${token}`) socket.terminate();
  socket.on('message', (data: Buffer) => {
    const message = Request.safeParse(JSON.parse(data.toString('utf8')));
    if (!message.success) return;
    const {
      code,
      message: text,
      data: details,
    } = new PilotError('protocolMismatch', {
      client: PROTOCOL_VERSION,
      server,
    });
    const error = { code, message: text, data: details };
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: message.data.id, error }));
  });
});

http.listen(0, '127.0.0.1', () => {
  void tell().then(() => console.log('ready'));
});

async function tell(): Promise<void> {
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('No port was given.');
  const host = `127.0.0.1:${address.port}`;
  const instance: Instance = {
    pid: process.pid,
    url: `ws://${host}`,
    http: `http://${host}`,
    tokenFile: paths.token,
    version: '99.0.0',
    protocolVersion: server,
    startedAt: new Date().toISOString(),
  };
  await mkdir(home, { recursive: true });
  await writeFile(paths.token, token, { mode: 0o600 });
  await writeFile(paths.instance, JSON.stringify(instance), { mode: 0o600 });
}
