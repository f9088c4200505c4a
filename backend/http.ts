/** The HTTP side: health, proof and metrics pages, and the checks before a websocket is opened. */
import { createServer as createPlain, type IncomingMessage, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { Duplex } from 'node:stream';
import { proofFor } from './client/proof.ts';
import type { Logger } from './logging.ts';
import type { BackendState } from './protocol/backend.ts';
import type { ErrorName } from './protocol/errorTable.ts';
import { PilotError, toPilotError } from './protocol/errors.ts';
import { KEY_HEADER, NONCE_HEADER, PROOF_HEADER, PROOF_PATH } from './protocol/handshake.ts';
import { checkHost, checkOrigin, type GuardPolicy } from './security/requestGuard.ts';
import type { TlsFiles } from './security/tlsFiles.ts';
import type { Identity, TokenStore } from './security/tokens.ts';

export interface HttpOptions {
  readonly guard: GuardPolicy;
  readonly tokens: Pick<TokenStore, 'authenticate' | 'byKeyId'>;
  readonly tls?: TlsFiles;
  readonly logger: Logger;
  state(): Promise<BackendState>;
  /** The metrics in Prometheus text format. */
  metrics(): Promise<string>;
  /** Throws the PilotError that refuses one more connection. */
  admit(): void;
  /** Receives a request that may become a websocket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void;
}

/** A client that is slow to send its headers holds a socket and nothing else. */
const HEADERS_MS = 10_000;
/** Sockets beside the websockets, such as those of clients that are still shaking hands. */
const SPARE_SOCKETS = 64;

const statusOf: Partial<Record<ErrorName, number>> = {
  unauthorized: 401,
  originRefused: 403,
  hostRefused: 421,
  methodNotFound: 404,
  tooManyConnections: 503,
  draining: 503,
};

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export function createHttpServer(options: HttpOptions, maxConnections: number): Server {
  const settings = {
    headersTimeout: HEADERS_MS,
    requestTimeout: HEADERS_MS,
    connectionsCheckingInterval: HEADERS_MS / 2,
  };
  const server = options.tls
    ? createSecure({ ...settings, ...options.tls })
    : createPlain(settings);
  server.maxConnections = maxConnections + SPARE_SOCKETS;
  // Such as too many open files while accepting: the next client may be luckier.
  server.on('error', (error) => options.logger.error({ err: error }, 'HTTP server'));
  server.on('request', (request, response) => {
    void answer(request, options).then(({ status, headers, body }) => {
      response.writeHead(status, headers).end(body);
    });
    request.resume();
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    try {
      checkHost(request.headers.host, options.guard);
      checkOrigin(request.headers.origin, options.guard);
      const identity = authenticate(request, options);
      options.admit();
      options.upgrade(request, socket, head, identity);
    } catch (error) {
      const { status, headers, body } = refusal(error, options.logger);
      socket.once('finish', () => socket.destroy());
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      socket.end(
        [`HTTP/1.1 ${status} Refused`, 'connection: close', ...lines, '', body].join('\r\n'),
      );
    }
  });
  return server;
}

/** The headers that prove to the sender of a nonce that we know its token; none without a nonce. */
export function proofHeaders(request: IncomingMessage, tokenHash: string): Record<string, string> {
  const nonce = request.headers[NONCE_HEADER];
  if (typeof nonce !== 'string' || !/^[0-9a-f]{32,128}$/i.test(nonce)) return {};
  return { [PROOF_HEADER]: proofFor(tokenHash, nonce) };
}

async function answer(request: IncomingMessage, options: HttpOptions): Promise<Answer> {
  try {
    return await route(request, options);
  } catch (error) {
    return refusal(error, options.logger);
  }
}

async function route(request: IncomingMessage, options: HttpOptions): Promise<Answer> {
  const path = request.url?.split('?')[0];
  const found = request.method === 'GET' || request.method === 'HEAD' ? path : undefined;
  // Health checks come from load balancers, which name hosts as they like; they learn one word.
  if (found === '/healthz') return json(200, { status: 'ok' });
  if (found === '/readyz') {
    const state = await options.state();
    return json(state === 'ready' || state === 'degraded' ? 200 : 503, { state });
  }
  checkHost(request.headers.host, options.guard);
  checkOrigin(request.headers.origin, options.guard);
  if (found === PROOF_PATH) {
    const key = request.headers[KEY_HEADER];
    const identity = typeof key === 'string' ? options.tokens.byKeyId(key) : undefined;
    if (!identity) throw new PilotError('unauthorized');
    return { status: 204, headers: proofHeaders(request, identity.tokenHash), body: '' };
  }
  if (found === '/metrics') {
    authenticate(request, options);
    const headers = { ...common, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' };
    return { status: 200, headers, body: await options.metrics() };
  }
  throw new PilotError('methodNotFound', { method: `${request.method ?? ''} ${path ?? ''}` });
}

function authenticate(request: IncomingMessage, { tokens }: HttpOptions): Identity {
  const identity = tokens.authenticate(request.headers.authorization);
  if (!identity) throw new PilotError('unauthorized');
  return identity;
}

const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

function json(status: number, value: unknown): Answer {
  const body = `${JSON.stringify(value)}\n`;
  const length = String(Buffer.byteLength(body));
  const headers = { ...common, 'content-type': 'application/json', 'content-length': length };
  return { status, headers, body };
}

/** The same three facts as in a JSON-RPC error. */
function refusal(error: unknown, logger: Logger): Answer {
  if (!(error instanceof PilotError)) logger.error({ err: error }, 'HTTP request failed');
  const { errorName, code, message, data } = toPilotError(error);
  logger.warn({ error: errorName }, 'HTTP request refused');
  return json(statusOf[errorName] ?? 500, { code, message, data });
}
