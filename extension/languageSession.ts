/**
 * A session over vscode-languageclient, which keeps the backend's copies of the documents up to
 * date. One client serves one connection; reconnecting is BackendConnection's business, so the
 * client's own restarts are off.
 */
import * as vscode from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type DynamicFeature,
  type LanguageClientOptions,
  type MessageTransports,
  type StaticFeature,
} from 'vscode-languageclient/node';
import type { WebSocket } from 'ws';
import type { ChatProgress, ChatResult } from '../backend/protocol/chat.ts';
import {
  serverNotificationSchemas,
  type EventOf,
  type ServerNotification,
} from '../backend/protocol/events.ts';
import { InitializeResult, PROTOCOL_VERSION, type Role } from '../backend/protocol/handshake.ts';
import type {
  ClientNotification,
  NotificationInput,
  ParamsOf,
  RequestMethod,
  ResultOf,
} from '../backend/protocol/methods.ts';
import { messageTransports } from '../backend/client/messageTransports.ts';
import { asClientError } from '../backend/client/remoteError.ts';
import { request, streamChat } from '../backend/client/rpc.ts';
import type { BackendSession } from './backendSession.ts';
import { documentSelector, type DocumentGate } from './documentGate.ts';

/** Goodbye shall not keep a closing window open. */
const GOODBYE_MS = 1000;

/**
 * The only features of the language client that are on. The others would let a backend add commands
 * and providers to the editor, and its own inline completion would compete with ours.
 */
const features: readonly string[] = [
  'textDocument/didOpen',
  'textDocument/didChange',
  'textDocument/didClose',
];

class DocumentClient extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if ('registrationType' in feature && features.includes(feature.registrationType.method)) {
      super.registerFeature(feature);
    }
  }

  /**
   * A warning in the log, no message: a backend that was killed comes back, and when it doesn't,
   * FailureNotice says so.
   */
  override error(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }
}

function clientOptions(gate: DocumentGate, log: vscode.LogOutputChannel): LanguageClientOptions {
  return {
    documentSelector,
    outputChannel: log,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationOptions: { protocolVersion: PROTOCOL_VERSION },
    initializationFailedHandler: () => false,
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => ({
        action: CloseAction.DoNotRestart,
        handled: true,
        message: 'The connection to the backend was closed.',
      }),
    },
    middleware: {
      didOpen: gate.didOpen,
      didChange: gate.didChange,
      didClose: gate.didClose,
      // The backend answers; it doesn't act on the editor.
      workspace: { handleApplyEdit: () => ({ applied: false }) },
      window: { showDocument: () => Promise.resolve({ success: false }) },
    },
  };
}

export class LanguageSession implements BackendSession {
  readonly closed: Promise<void>;
  private sessionRole: Role = 'user';
  private readonly emitters = new Map<ServerNotification, vscode.EventEmitter<unknown>>();

  private constructor(
    private readonly client: LanguageClient,
    private readonly socket: WebSocket,
    readonly remote: boolean,
  ) {
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
  }

  get role(): Role {
    return this.sessionRole;
  }

  /**
   * Initializes the language client on an open socket, and sends the open documents.
   * @throws RemoteError such as protocolMismatch, or PilotError connectionLost
   */
  static async open(
    socket: WebSocket,
    remote: boolean,
    gate: DocumentGate,
    log: vscode.LogOutputChannel,
  ): Promise<LanguageSession> {
    gate.reset();
    const transports: MessageTransports = { ...messageTransports(socket), detached: true };
    const client = new DocumentClient(
      'tpuPilot',
      'TPU Pilot',
      () => Promise.resolve(transports),
      clientOptions(gate, log),
    );
    const session = new LanguageSession(client, socket, remote);
    try {
      await client.start();
      const { capabilities } = InitializeResult.parse(client.initializeResult);
      session.sessionRole = capabilities.experimental.tpuPilot.role;
      return session;
    } catch (error) {
      socket.terminate();
      throw asClientError(error);
    }
  }

  async request<M extends RequestMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<ResultOf<M>> {
    return request(this.client, method, params, signal);
  }

  async streamChat(
    params: Omit<ParamsOf<'chat/complete'>, 'partialResultToken'>,
    onProgress: (progress: ChatProgress) => void,
    signal?: AbortSignal,
  ): Promise<ChatResult> {
    return streamChat(this.client, params, onProgress, signal);
  }

  notify<N extends ClientNotification>(method: N, params: NotificationInput<N>): void {
    // Rejects when the connection is gone, or on its way out.
    this.client.sendNotification(method, params).catch(() => undefined);
  }

  on<N extends ServerNotification>(
    method: N,
    listener: (params: EventOf<N>) => void,
  ): vscode.Disposable {
    return this.notifications(method).event((raw) => {
      const params = serverNotificationSchemas(method).params.safeParse(raw);
      if (params.success) listener(params.data);
    });
  }

  async resend(
    revoked: readonly vscode.TextDocument[],
    granted: readonly vscode.TextDocument[],
  ): Promise<void> {
    const closing = this.client.getFeature('textDocument/didClose');
    const opening = this.client.getFeature('textDocument/didOpen');
    await Promise.all([
      ...revoked.map((document) => closing.getProvider(document)?.send(document)),
      ...granted.map((document) => opening.getProvider(document)?.send(document)),
    ]);
  }

  async close(): Promise<void> {
    try {
      await this.client.dispose(GOODBYE_MS);
    } catch {
      // A client that never got as far as running has nobody to say goodbye to.
    }
    // Politely first, for the other side's sake.
    this.socket.close(1000);
    const timer = setTimeout(() => this.socket.terminate(), GOODBYE_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** The client keeps one listener for each method; this session has several. */
  private notifications(method: ServerNotification): vscode.EventEmitter<unknown> {
    const known = this.emitters.get(method);
    if (known) return known;
    const emitter = new vscode.EventEmitter<unknown>();
    this.emitters.set(method, emitter);
    this.client.onNotification(method, (raw: unknown) => emitter.fire(raw));
    return emitter;
  }
}
