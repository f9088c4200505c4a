/** A local HTTP server that plays a model hub, well or badly. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { onTestFinished } from 'vitest';

export interface HostedFile {
  body: Buffer;
  /** As sent in the header, with its quotes; empty for none. */
  etag: string;
}

/** One answer to one request; the normal one is `serveFile`. */
export type Answer = (
  file: HostedFile,
  request: IncomingMessage,
  response: ServerResponse,
  hub: HubServer,
) => void | Promise<void>;

export interface SeenRequest {
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export class HubServer {
  readonly requests: SeenRequest[] = [];
  /** Bytes of the file that the client has stored, for answers that break off after some of them. */
  received: () => Promise<number> = () => Promise.resolve(Infinity);
  readonly #files = new Map<string, { file: HostedFile; answers: Answer[] }>();

  private constructor(private readonly server: Server) {}

  /** Listens on a free port of the loopback until the test ends. */
  static async start(): Promise<HubServer> {
    const server = createServer();
    const hub = new HubServer(server);
    server.on('request', (request, response) => void hub.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return hub;
  }

  get url(): string {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Serves a body at a path; the answers are used up first, one a request. */
  host(path: string, body: Buffer | object, ...answers: Answer[]): HostedFile {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const file = { body: bytes, etag: `"${sha256(bytes).slice(0, 16)}"` };
    this.#files.set(path, { file, answers });
    return file;
  }

  at(path: string): URL {
    return new URL(path, this.url);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.requests.push({ path, headers: request.headers });
    const hosted = this.#files.get(path);
    if (!hosted) {
      response.writeHead(404).end('no such file');
      return;
    }
    await (hosted.answers.shift() ?? serveFile)(hosted.file, request, response, this);
  }
}

export function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}

/** As RFC 9110 says: Range, If-Range, ETag. */
export const serveFile: Answer = ({ body, etag }, request, response) => {
  const start = rangeStart(request, etag);
  const tag = etag === '' ? {} : { etag };
  if (start === 0) {
    response.writeHead(200, { 'content-length': body.length, ...tag }).end(body);
  } else if (start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
  } else {
    const range = `bytes ${start}-${body.length - 1}/${body.length}`;
    const rest = body.subarray(start);
    response.writeHead(206, { 'content-range': range, 'content-length': rest.length, ...tag });
    response.end(rest);
  }
};

/** Promises all of it, sends `bytes` of it, and breaks the connection when they have arrived. */
export function cutAfter(bytes: number): Answer {
  return async ({ body, etag }, request, response, hub) => {
    const start = rangeStart(request, etag);
    const range = `bytes ${start}-${body.length - 1}/${body.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': body.length - start,
      etag,
      ...(start === 0 ? {} : { 'content-range': range }),
    });
    response.write(body.subarray(start, start + bytes));
    while ((await hub.received()) < start + bytes) await setImmediate();
    response.destroy();
  };
}

/** Sends `bytes` of it and then nothing more; resolves `reached` when they are on their way. */
export function stallAfter(bytes: number): { answer: Answer; reached: Promise<void> } {
  let arrive = (): void => undefined;
  const reached = new Promise<void>((resolve) => (arrive = resolve));
  const answer: Answer = ({ body, etag }, _request, response) => {
    response.writeHead(200, { 'content-length': body.length, etag });
    response.write(body.subarray(0, bytes), () => arrive());
  };
  return { answer, reached };
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_file, _request, response) => {
    response.writeHead(code, headers).end('{"error":"no"}');
  };
}

export function redirectTo(location: string): Answer {
  return status(302, { location });
}

function rangeStart(request: IncomingMessage, etag: string): number {
  const ifRange = request.headers['if-range'];
  if (ifRange !== undefined && ifRange !== etag) return 0;
  return Number(/^bytes=(\d+)-$/u.exec(request.headers.range ?? '')?.[1] ?? 0);
}
