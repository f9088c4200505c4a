/** Opens the websocket to a backend: first the backend proves itself, then the client shows its token. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import * as z from 'zod';
import { WebSocket } from 'ws';
import { ErrorData, PilotError } from '../protocol/errors.ts';
import {
  HEARTBEAT_MS,
  KEY_HEADER,
  NONCE_HEADER,
  PROOF_HEADER,
  PROOF_PATH,
} from '../protocol/handshake.ts';
import { equalSecrets, hashToken, keyId, proofFor } from './proof.ts';
import { RemoteError } from './remoteError.ts';
import type { Target } from './target.ts';

/** Long enough for a backend whose machine is busy loading a model. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** The body of an HTTP answer that refuses. */
const Refusal = z.object({ code: z.number(), message: z.string(), data: ErrorData });

/**
 * An open websocket on which the backend has proven that it knows the token. It closes by itself
 * when the backend has been silent for three heartbeats.
 * @throws PilotError backendUnreachable, serverNotProven
 * @throws RemoteError unauthorized, tooManyConnections, draining and whatever else refuses
 */
export async function openSocket(target: Target, signal?: AbortSignal): Promise<WebSocket> {
  const url = new URL(target.url);
  const secure = url.protocol === 'wss:';
  // One connection for both requests: whoever proved itself is whoever gets the token.
  const agent = secure
    ? new https.Agent({ ...target.tls, keepAlive: true, maxSockets: 1 })
    : new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    await askForProof(url, agent, target, signal);
    return await upgrade(url, agent, target, signal);
  } finally {
    agent.destroy();
  }
}

async function askForProof(
  url: URL,
  agent: http.Agent,
  target: Target,
  signal?: AbortSignal,
): Promise<void> {
  const hash = hashToken(target.token);
  const nonce = randomBytes(32).toString('hex');
  const request = (url.protocol === 'wss:' ? https : http).request({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    // Below the path that a proxy may give the backend.
    path: url.pathname.replace(/\/$/, '') + PROOF_PATH,
    headers: { [NONCE_HEADER]: nonce, [KEY_HEADER]: keyId(hash) },
    agent,
    timeout: HANDSHAKE_TIMEOUT_MS,
    ...(signal && { signal }),
  });
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('timeout', () => request.destroy(new Error('no answer in time')));
    request.once('error', (cause: Error) => reject(unreachable(target, cause)));
    request.end();
  });
  await checkAnswer(response, 204, target, hash, nonce);
}

async function upgrade(
  url: URL,
  agent: http.Agent,
  target: Target,
  signal?: AbortSignal,
): Promise<WebSocket> {
  const hash = hashToken(target.token);
  const nonce = randomBytes(32).toString('hex');
  const socket = new WebSocket(url, {
    ...target.tls,
    agent,
    handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    perMessageDeflate: false,
    headers: { authorization: `Bearer ${target.token}`, [NONCE_HEADER]: nonce },
  });
  const abort = (): void => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      let answer: http.IncomingMessage | undefined;
      socket.once('upgrade', (response: http.IncomingMessage) => (answer = response));
      socket.once('unexpected-response', (_, response) => {
        checkAnswer(response, 101, target, hash, nonce).then(resolve, reject);
      });
      socket.once('error', (cause) => reject(unreachable(target, cause)));
      socket.once('open', () => {
        if (answer) checkAnswer(answer, 101, target, hash, nonce).then(resolve, reject);
      });
    });
  } catch (error) {
    socket.on('error', () => undefined);
    socket.terminate();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  closeWhenSilent(socket);
  return socket;
}

/** Throws unless the status is the expected one and the answer carries the proof for the nonce. */
async function checkAnswer(
  response: http.IncomingMessage,
  expected: number,
  target: Target,
  hash: string,
  nonce: string,
): Promise<void> {
  if (response.statusCode !== expected) throw await refusal(response, target);
  const proof = response.headers[PROOF_HEADER];
  if (typeof proof !== 'string' || !equalSecrets(proof, proofFor(hash, nonce))) {
    throw new PilotError('serverNotProven', { url: target.url });
  }
  if (expected !== 101) response.resume();
}

async function refusal(response: http.IncomingMessage, target: Target): Promise<Error> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > 16_384) break;
  }
  try {
    const { code, message, data } = Refusal.parse(JSON.parse(text));
    return new RemoteError(code, message, data);
  } catch {
    const reason = `it answered with HTTP status ${response.statusCode ?? 0}`;
    return new PilotError('backendUnreachable', { url: target.url, reason });
  }
}

function unreachable(target: Target, cause: Error): PilotError {
  // A refused connection to a name with several addresses is an AggregateError without a message.
  const reason = cause.message || ('code' in cause ? String(cause.code) : cause.name);
  return new PilotError('backendUnreachable', { url: target.url, reason }, { cause });
}

/** A backend that lost power or network sends no close: its missing pings say so. */
function closeWhenSilent(socket: WebSocket): void {
  const timer = setTimeout(() => socket.terminate(), 3 * HEARTBEAT_MS).unref();
  const heard = (): void => void timer.refresh();
  socket.on('ping', heard);
  socket.on('message', heard);
  socket.once('close', () => clearTimeout(timer));
}
