/** One open connection to a backend, as the rest of the extension uses it. */
import type { Disposable, TextDocument } from 'vscode';
import type { ChatProgress, ChatResult } from '../backend/protocol/chat.ts';
import type { EventOf, ServerNotification } from '../backend/protocol/events.ts';
import type { Role } from '../backend/protocol/handshake.ts';
import type {
  ClientNotification,
  NotificationInput,
  ParamsOf,
  RequestMethod,
  ResultOf,
} from '../backend/protocol/methods.ts';
import type { RestartPolicy } from './restartPolicy.ts';

export interface BackendSession {
  /** True for a backend behind a URL, which isn't ours to stop. */
  readonly remote: boolean;
  /** What this connection's token may do. */
  readonly role: Role;
  /** Resolves when either side has closed the connection. Never rejects. */
  readonly closed: Promise<void>;

  /**
   * An aborted signal asks the backend to cancel; the request still settles by its reply.
   * @throws RemoteError, or PilotError connectionLost
   */
  request<M extends RequestMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<ResultOf<M>>;

  /** Progress arrives in order, never after the result. Throws like `request`. */
  streamChat(
    params: Omit<ParamsOf<'chat/complete'>, 'partialResultToken'>,
    onProgress: (progress: ChatProgress) => void,
    signal?: AbortSignal,
  ): Promise<ChatResult>;

  /** A hint that needs no answer: on a connection that is gone it is lost, without an error. */
  notify<N extends ClientNotification>(method: N, params: NotificationInput<N>): void;

  on<N extends ServerNotification>(method: N, listener: (params: EventOf<N>) => void): Disposable;

  /** Closes and opens documents on the backend's side, after the exclude list has changed. */
  resend(revoked: readonly TextDocument[], granted: readonly TextDocument[]): Promise<void>;

  /** Says goodbye and closes. Never rejects. */
  close(): Promise<void>;
}

/** Makes sessions with the backend that the settings name at the time. */
export interface Connector {
  isRemote(): boolean;
  policy(): RestartPolicy;
  /**
   * @param mayStart False: attach to a running backend, never start one.
   * @throws PilotError or RemoteError, see backend/client
   */
  connect(mayStart: boolean, signal: AbortSignal): Promise<BackendSession>;
  /** Resolves when that process of this machine has ended, or after a minute. */
  ended(pid: number): Promise<void>;
  /**
   * Ends a backend of this machine that cannot be asked to, because it speaks another version.
   * @throws PilotError or RemoteError, see extension/outdatedBackend.ts
   */
  endOutdated(): Promise<void>;
}
