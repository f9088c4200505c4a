/** A websocket client that sends whatever a test wants, and keeps what comes back. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { onTestFinished } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import * as z from 'zod';
import { PROTOCOL_VERSION } from '../../backend/protocol/handshake.ts';

const Reply = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.number(),
      message: z.string(),
      data: z.looseObject({ name: z.string(), remedy: z.string() }),
    })
    .optional(),
});
export type Reply = z.infer<typeof Reply>;

export class RawSocket {
  /** Everything received, oldest first, taken or not. */
  readonly received: Reply[] = [];
  /** Close code and reason. */
  readonly closed: Promise<{ code: number; reason: string }>;
  #taken = 0;
  #wake: () => void = () => undefined;
  #isClosed = false;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      this.received.push(Reply.parse(JSON.parse(data.toString())));
      this.#wake();
    });
    // A reset connection is an error to ws; the tests look at the close.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** An open websocket, terminated at the end of the test. */
  static async open(
    { url, token }: { readonly url: string; readonly token: string },
    options: ClientOptions = {},
  ): Promise<RawSocket> {
    const socket = new WebSocket(url, {
      ...options,
      headers: { authorization: `Bearer ${token}`, ...options.headers },
    });
    onTestFinished(() => socket.terminate());
    await once(socket, 'open');
    return new RawSocket(socket);
  }

  /** As open, with the handshake of the protocol done. */
  static async initialized(
    target: { readonly url: string; readonly token: string },
    options: ClientOptions = {},
  ): Promise<RawSocket> {
    const client = await RawSocket.open(target, options);
    await client.request('initialize', {
      initializationOptions: { protocolVersion: PROTOCOL_VERSION },
    });
    client.send({ jsonrpc: '2.0', method: 'initialized', params: {} });
    return client;
  }

  send(message: unknown): void {
    this.sendText(typeof message === 'string' ? message : JSON.stringify(message));
  }

  sendText(text: string | Buffer, binary = false): void {
    this.socket.send(text, { binary });
  }

  /** The next message nobody has taken yet; throws when the connection ends before it comes. */
  async next(): Promise<Reply> {
    for (;;) {
      const reply = this.received[this.#taken];
      if (reply) {
        this.#taken += 1;
        return reply;
      }
      if (this.#isClosed) throw new Error('The connection ended.');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** The next message that is a reply, not a notification. */
  async nextReply(): Promise<Reply> {
    for (;;) {
      const reply = await this.next();
      if (reply.method === undefined) return reply;
    }
  }

  /** Sends a request and takes messages until its reply. */
  async request(method: string, params?: unknown, id: string | number = method): Promise<Reply> {
    this.send({ jsonrpc: '2.0', id, method, params });
    for (;;) {
      const reply = await this.nextReply();
      if (reply.id === id) return reply;
    }
  }
}

/** The HTTP answer to an upgrade that is refused. */
export async function refusedUpgrade(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; body: unknown; headers: IncomingMessage['headers'] }> {
  const socket = new WebSocket(url, { headers });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return {
    status: response.statusCode ?? 0,
    body: JSON.parse(body) as unknown,
    headers: response.headers,
  };
}
