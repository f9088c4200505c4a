/** All open connections: their number is bounded, and they can be told and closed together. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Logger } from '../logging.ts';
import { PilotError } from '../protocol/errors.ts';
import type { EventOf, ServerNotification } from '../protocol/events.ts';
import type { Identity } from '../security/tokens.ts';
import { Connection } from './connection.ts';
import type { NotificationHandlers, RequestHandlers } from './handlers.ts';
import type { ConnectionLimits } from './limits.ts';
import { ReasonedSocket } from './reasonedSocket.ts';

export interface RegistryOptions {
  readonly requests: RequestHandlers;
  readonly notifications: NotificationHandlers;
  readonly limits: ConnectionLimits;
  readonly maxConnections: number;
  readonly logger: Logger;
  /** What is cached for a connection can go. */
  readonly onGone: (id: string) => void;
  /** Their number has changed. */
  readonly onSize: () => void;
}

export class ConnectionRegistry {
  readonly #options: RegistryOptions;
  readonly #server: WebSocketServer;
  readonly #connections = new Set<Connection>();
  #nextId = 1;
  #draining = false;
  #onIdle: () => void = () => undefined;

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.limits.frameBytes,
      perMessageDeflate: false,
      WebSocket: ReasonedSocket,
    });
  }

  get size(): number {
    return this.#connections.size;
  }

  /** @throws PilotError tooManyConnections, draining */
  admit(): void {
    if (this.#draining) throw new PilotError('draining');
    if (this.size >= this.#options.maxConnections) throw new PilotError('tooManyConnections');
  }

  /** Completes the upgrade of a request that has been checked; `headers` go into its answer. */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    identity: Identity,
    headers: Readonly<Record<string, string>>,
  ): void {
    const addHeaders = (lines: string[], answered: IncomingMessage): void => {
      if (answered !== request) return;
      for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    };
    this.#server.on('headers', addHeaders);
    this.#server.handleUpgrade(request, socket, head, (open) => this.#add(open, identity));
    this.#server.off('headers', addHeaders);
  }

  /** Tells every initialized client, or those with the role admin. */
  broadcast<N extends ServerNotification>(
    method: N,
    params: EventOf<N>,
    to: 'all' | 'admin' = 'all',
  ): void {
    for (const connection of this.#connections) {
      if (to === 'all' || connection.identity.role === 'admin') connection.notify(method, params);
    }
  }

  /** Ends the connections of a token that is worthless now. */
  closeToken(name: string): void {
    for (const connection of this.#connections) {
      if (connection.identity.name === name) connection.close(1008, 'The token was revoked.');
    }
  }

  /** From now on, admit() refuses everybody. */
  stopAdmitting(): void {
    this.#draining = true;
  }

  /** Resolves when no request waits for its reply, or when the signal aborts. */
  async idle(now: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onIdle = () => {
        if ([...this.#connections].every(({ pending }) => pending === 0)) resolve();
      };
      this.#onIdle();
      if (now.aborted) resolve();
      now.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Says good-bye to everybody and waits until they are gone. */
  async closeAll(): Promise<void> {
    const connections = [...this.#connections];
    for (const connection of connections) connection.close(1001, 'The backend is stopping.');
    await Promise.all(connections.map(async ({ closed }) => closed));
  }

  #add(socket: WebSocket, identity: Identity): void {
    const { requests, notifications, limits, logger, onGone, onSize } = this.#options;
    const connection = new Connection(socket, {
      id: `c${this.#nextId++}`,
      identity,
      requests,
      notifications,
      limits,
      logger,
      onIdle: () => this.#onIdle(),
    });
    this.#connections.add(connection);
    onSize();
    void connection.closed.then(() => {
      this.#connections.delete(connection);
      onGone(connection.id);
      onSize();
      this.#onIdle();
    });
  }
}
