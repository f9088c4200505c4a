/** One client: checks who may ask what, hands the parameters on, answers each request once. */
import {
  createMessageConnection,
  ProgressType,
  type CancellationToken,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import type { ChatProgress } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { EventOf, ServerNotification } from '../protocol/events.ts';
import {
  clientNotifications,
  clientNotificationSchemas,
  requests,
  requestSchemas,
  type ClientNotification,
  type RequestMethod,
  type ResultOf,
} from '../protocol/methods.ts';
import type { Logger } from '../logging.ts';
import type { Identity } from '../security/tokens.ts';
import { Documents } from './documents.ts';
import { toResponseError } from './errorReply.ts';
import type { NotificationHandlers, RequestContext, RequestHandlers, Session } from './handlers.ts';
import { keepAlive } from './heartbeat.ts';
import type { ConnectionLimits } from './limits.ts';
import { WebSocketTransport } from './websocketTransport.ts';

/** Close code for a client that breaks the rules (RFC 6455 section 7.4.1). */
const POLICY_VIOLATION = 1008;
/** For a peer to finish the closing handshake. */
const CLOSE_MS = 2_000;

export interface ConnectionOptions {
  readonly id: string;
  readonly identity: Identity;
  readonly requests: RequestHandlers;
  readonly notifications: NotificationHandlers;
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  /** Every request has had its reply. */
  onIdle(): void;
}

export class Connection implements Session {
  readonly id: string;
  readonly identity: Identity;
  readonly documents: Documents;
  /** Resolves when the socket is closed and everything it asked for has been told to stop. */
  readonly closed: Promise<void>;
  readonly #options: ConnectionOptions;
  readonly #logger: Logger;
  readonly #socket: WebSocket;
  readonly #transport: WebSocketTransport;
  readonly #rpc: MessageConnection;
  readonly #running = new Set<AbortController>();
  readonly #initializeTimer: NodeJS.Timeout;
  #initialized = false;

  constructor(socket: WebSocket, options: ConnectionOptions) {
    this.id = options.id;
    this.identity = options.identity;
    this.documents = new Documents(options.limits);
    this.#options = options;
    this.#logger = options.logger.child({ connection: options.id, client: options.identity.name });
    this.#socket = socket;
    this.#transport = new WebSocketTransport(socket, options.limits, {
      onFault: (fault) => this.warn(fault),
      onIdle: () => options.onIdle(),
    });
    this.#rpc = createMessageConnection(this.#transport.reader, this.#transport.writer);
    this.#rpc.onRequest(async (method, params, token) => this.#request(method, params, token));
    this.#rpc.onNotification((method, params) => this.#notification(method, params));
    socket.on('error', ({ message }) => this.warn(message));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code) => {
        this.#end(code);
        resolve();
      });
    });
    keepAlive(socket, options.limits.heartbeatMs, () => this.warn('answers no ping'));
    this.#initializeTimer = setTimeout(() => {
      this.close(POLICY_VIOLATION, 'No initialize request came in time.');
    }, options.limits.initializeMs);
    this.#rpc.listen();
    this.#logger.info('connected');
  }

  /** Requests without a reply. */
  get pending(): number {
    return this.#transport.pending;
  }

  initialize(client: { name: string; version?: string | undefined } | undefined): void {
    if (this.#initialized) throw new PilotError('alreadyInitialized');
    this.#initialized = true;
    clearTimeout(this.#initializeTimer);
    const program = [client?.name, client?.version].join(' ').slice(0, 100);
    this.#logger.info({ program }, 'initialized');
  }

  sendProgress(token: string | number, progress: ChatProgress): void {
    if (!this.#isOpen) return;
    void this.#rpc.sendProgress(new ProgressType<ChatProgress>(), token, progress);
  }

  notify<N extends ServerNotification>(method: N, params: EventOf<N>): void {
    if (this.#isOpen && this.#initialized) void this.#rpc.sendNotification(method, params);
  }

  leave(): void {
    this.close(1000, '');
  }

  /** Closes after what has been sent; a peer that does not take part is cut off. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), CLOSE_MS).unref();
  }

  warn(fault: string): void {
    this.#logger.warn({ fault }, 'client fault');
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  async #request(method: string, params: unknown, token: CancellationToken): Promise<unknown> {
    const controller = new AbortController();
    const listener = token.onCancellationRequested(() => controller.abort());
    if (token.isCancellationRequested) controller.abort();
    this.#running.add(controller);
    try {
      return await this.#dispatch(method, params, { session: this, signal: controller.signal });
    } catch (error) {
      throw toResponseError(error, method, (unexpected) => {
        this.#logger.error({ err: unexpected, method }, 'request failed');
      });
    } finally {
      listener.dispose();
      this.#running.delete(controller);
    }
  }

  async #dispatch(method: string, params: unknown, context: RequestContext): Promise<unknown> {
    if (!this.#initialized && method !== 'initialize') throw new PilotError('notInitialized');
    if (!isRequest(method)) {
      throw new PilotError('methodNotFound', { method: method.slice(0, 100) });
    }
    if (requests[method].role === 'admin' && this.identity.role !== 'admin') {
      throw new PilotError('forbidden', { method });
    }
    return call(this.#options.requests, method, params, context);
  }

  #notification(method: string, params: unknown): void {
    if (method.startsWith('$/')) return;
    if (!isNotification(method) || (!this.#initialized && method !== 'exit')) {
      this.warn('an unexpected notification');
      return;
    }
    try {
      deliver(this.#options.notifications, method, params, this);
    } catch (error) {
      const { message } = toResponseError(error, method, (unexpected) => {
        this.#logger.error({ err: unexpected, method }, 'notification failed');
      });
      this.warn(message);
    }
  }

  #end(code: number): void {
    clearTimeout(this.#initializeTimer);
    for (const controller of this.#running) controller.abort();
    this.documents.clear();
    this.#rpc.dispose();
    this.#logger.info({ code }, 'disconnected');
  }
}

function isRequest(method: string): method is RequestMethod {
  return Object.hasOwn(requests, method);
}

function isNotification(method: string): method is ClientNotification {
  return Object.hasOwn(clientNotifications, method);
}

async function call<M extends RequestMethod>(
  handlers: RequestHandlers,
  method: M,
  params: unknown,
  context: RequestContext,
): Promise<ResultOf<M>> {
  return handlers[method](requestSchemas(method).params.parse(params), context);
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- ties handler to schema
function deliver<N extends ClientNotification>(
  handlers: NotificationHandlers,
  method: N,
  params: unknown,
  session: Session,
): void {
  handlers[method](clientNotificationSchemas(method).params.parse(params), session);
}
