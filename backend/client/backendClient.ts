/** A connection to a backend, initialized and typed: what the command line uses. */
import { createMessageConnection, type MessageConnection } from 'vscode-jsonrpc/node';
import type { WebSocket } from 'ws';
import type { BackendStatus } from '../protocol/backend.ts';
import type { ChatProgress, ChatResult } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import {
  serverNotificationSchemas,
  type EventOf,
  type ServerNotification,
} from '../protocol/events.ts';
import { PROTOCOL_VERSION, type Role } from '../protocol/handshake.ts';
import type {
  ClientNotification,
  NotificationInput,
  ParamsOf,
  RequestMethod,
  ResultOf,
} from '../protocol/methods.ts';
import type { RawResult } from '../protocol/rawGeneration.ts';
import { version } from '../protocol/version.ts';
import { messageTransports } from './messageTransports.ts';
import { asClientError, isConnectionLost } from './remoteError.ts';
import { openSocket } from './openSocket.ts';
import { request, streamChat, streamRaw } from './rpc.ts';
import type { Target } from './target.ts';

export class BackendClient implements AsyncDisposable {
  private constructor(
    private readonly socket: WebSocket,
    private readonly connection: MessageConnection,
    /** What the token of this connection may do. */
    readonly role: Role,
    /** Resolves when the connection has ended, by either side. Reconnecting is the caller's business. */
    readonly closed: Promise<void>,
  ) {}

  /**
   * Connects, checks the proof and initializes.
   * @throws PilotError backendUnreachable, serverNotProven; RemoteError unauthorized,
   * protocolMismatch, tooManyConnections, draining
   */
  static async connect(
    target: Target,
    options: { signal?: AbortSignal; clientName?: string } = {},
  ): Promise<BackendClient> {
    const socket = await openSocket(target, options.signal);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const { reader, writer } = messageTransports(socket);
    const connection = createMessageConnection(reader, writer);
    // Without this, vscode-jsonrpc leaves requests pending when the socket is gone.
    connection.onClose(() => connection.dispose());
    connection.listen();
    try {
      const { capabilities } = await request(
        connection,
        'initialize',
        {
          processId: process.pid,
          clientInfo: { name: options.clientName ?? 'tpu-pilot', version },
          initializationOptions: { protocolVersion: PROTOCOL_VERSION },
        },
        options.signal,
      );
      const { role } = capabilities.experimental.tpuPilot;
      return new BackendClient(socket, connection, role, closed);
    } catch (error) {
      socket.terminate();
      throw error;
    }
  }

  /** @throws RemoteError, or PilotError connectionLost; see rpc.ts */
  async request<M extends RequestMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<ResultOf<M>> {
    return request(this.connection, method, params, signal);
  }

  async streamChat(
    params: Omit<ParamsOf<'chat/complete'>, 'partialResultToken'>,
    onProgress: (progress: ChatProgress) => void,
    signal?: AbortSignal,
  ): Promise<ChatResult> {
    return streamChat(this.connection, params, onProgress, signal);
  }

  async streamRaw(
    params: Omit<ParamsOf<'generate/raw'>, 'partialResultToken'>,
    onProgress: (progress: ChatProgress) => void,
    signal?: AbortSignal,
  ): Promise<RawResult> {
    return streamRaw(this.connection, params, onProgress, signal);
  }

  /** Sends; a connection that is gone is no error here, as nothing waits for an answer. */
  async notify<N extends ClientNotification>(
    method: N,
    params: NotificationInput<N>,
  ): Promise<void> {
    try {
      await this.connection.sendNotification(method, params ?? {});
    } catch (error) {
      if (!isConnectionLost(asClientError(error))) throw error;
    }
  }

  /**
   * Calls the listener for each notification of that name that fits its schema.
   * @throws PilotError connectionLost
   */
  on<N extends ServerNotification>(
    method: N,
    listener: (params: EventOf<N>) => void,
  ): { dispose(): void } {
    try {
      return this.connection.onNotification(method, (raw: unknown) => {
        const params = serverNotificationSchemas(method).params.safeParse(raw);
        if (params.success) listener(params.data);
      });
    } catch (error) {
      throw asClientError(error);
    }
  }

  /**
   * The status once the models named at the start have been loaded or have failed.
   * @throws PilotError connectionLost
   */
  async settled(): Promise<BackendStatus> {
    return new Promise((resolve, reject) => {
      const check = (status: BackendStatus): void => {
        if (status.state === 'starting') return;
        listener.dispose();
        resolve(status);
      };
      const listener = this.on('backend/statusChanged', check);
      this.request('backend/status', null).then(check, reject);
      void this.closed.then(() => reject(new PilotError('connectionLost')));
    });
  }

  /** Closes the websocket; requests that still wait reject with `connectionLost`. */
  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
