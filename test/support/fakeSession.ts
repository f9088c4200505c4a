/** A backend session that answers from a script, and a connector that hands such sessions out. */
import type { ChatProgress, ChatResult } from '../../backend/protocol/chat.ts';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import type { EventOf, ServerNotification } from '../../backend/protocol/events.ts';
import type {
  ClientNotification,
  NotificationInput,
  ParamsOf,
  RequestMethod,
  ResultOf,
} from '../../backend/protocol/methods.ts';
import { requestSchemas } from '../../backend/protocol/methods.ts';
import type { BackendSession, Connector } from '../../extension/backendSession.ts';
import { localPolicy, remotePolicy, type RestartPolicy } from '../../extension/restartPolicy.ts';

type Answers = { [M in RequestMethod]?: (params: ParamsOf<M>, signal?: AbortSignal) => unknown };

export const readyStatus: BackendStatus = {
  state: 'ready',
  version: '1.0.0',
  protocolVersion: 1,
  pid: 4321,
  uptimeMs: 1000,
  home: '/home/someone/tpu-pilot',
  connections: 1,
  running: 0,
  waiting: 0,
  residentBytes: 100 * 1024 * 1024,
  devices: [],
  latency: { completion: { count: 0 }, chat: { count: 0 } },
};

export class FakeSession implements BackendSession {
  readonly closed: Promise<void>;
  readonly requests: { method: RequestMethod; params: unknown }[] = [];
  readonly notifications: { method: ClientNotification; params: unknown }[] = [];
  readonly resent: { revoked: readonly unknown[]; granted: readonly unknown[] }[] = [];
  /** What `streamChat` streams before its result. */
  chat: { progress: ChatProgress[]; result: ChatResult | Error } | undefined;
  isClosed = false;
  private readonly listeners = new Map<string, Set<(params: unknown) => void>>();
  private resolveClosed: () => void = () => undefined;

  constructor(
    private readonly answers: Answers = {},
    readonly remote = false,
    readonly role: 'user' | 'admin' = 'admin',
  ) {
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
  }

  request<M extends RequestMethod>(
    method: M,
    params: ParamsOf<M>,
    signal?: AbortSignal,
  ): Promise<ResultOf<M>> {
    this.requests.push({ method, params });
    const answer = this.answers[method] as
      ((params: ParamsOf<M>, signal?: AbortSignal) => unknown) | undefined;
    const fallbacks: Partial<Record<RequestMethod, unknown>> = {
      'backend/status': readyStatus,
      'job/list': { jobs: [] },
    };
    const fallback = fallbacks[method] ?? null;
    return Promise.resolve()
      .then(() => (answer ? answer(params, signal) : fallback))
      .then((result) => requestSchemas(method).result.parse(result));
  }

  streamChat(
    params: Omit<ParamsOf<'chat/complete'>, 'partialResultToken'>,
    onProgress: (progress: ChatProgress) => void,
  ): Promise<ChatResult> {
    this.requests.push({ method: 'chat/complete', params });
    if (!this.chat) return Promise.reject(new Error('the test has set no chat'));
    for (const progress of this.chat.progress) onProgress(progress);
    const { result } = this.chat;
    return result instanceof Error ? Promise.reject(result) : Promise.resolve(result);
  }

  notify<N extends ClientNotification>(method: N, params: NotificationInput<N>): void {
    this.notifications.push({ method, params });
  }

  on<N extends ServerNotification>(
    method: N,
    listener: (params: EventOf<N>) => void,
  ): { dispose(): void } {
    const set = this.listeners.get(method) ?? new Set();
    this.listeners.set(method, set);
    set.add(listener as (params: unknown) => void);
    return { dispose: () => set.delete(listener as (params: unknown) => void) };
  }

  resend(revoked: readonly unknown[], granted: readonly unknown[]): Promise<void> {
    this.resent.push({ revoked, granted });
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.resolveClosed();
    return Promise.resolve();
  }

  /** As if the backend had sent it. */
  emit<N extends ServerNotification>(method: N, params: EventOf<N>): void {
    for (const listener of this.listeners.get(method) ?? []) listener(params);
  }
}

/** Hands out what the test queued; a queued error is thrown. Waits while the queue is empty. */
export class FakeConnector implements Connector {
  readonly attempts: { mayStart: boolean; signal: AbortSignal }[] = [];
  /** Settles when the process of a stopped backend has ended. */
  ending: Promise<void> = Promise.resolve();
  /** How often a backend of another version was ended. */
  outdatedEnded = 0;
  private readonly outcomes: (BackendSession | Error)[] = [];
  private wake: (() => void) | undefined;

  constructor(private readonly remote = false) {}

  isRemote(): boolean {
    return this.remote;
  }

  policy(): RestartPolicy {
    return this.remote ? remotePolicy : localPolicy;
  }

  ended(): Promise<void> {
    return this.ending;
  }

  endOutdated(): Promise<void> {
    this.outdatedEnded += 1;
    return Promise.resolve();
  }

  queue(...outcomes: (BackendSession | Error)[]): void {
    this.outcomes.push(...outcomes);
    this.wake?.();
  }

  async connect(mayStart: boolean, signal: AbortSignal): Promise<BackendSession> {
    this.attempts.push({ mayStart, signal });
    while (this.outcomes.length === 0) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    const outcome = this.outcomes.shift();
    if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('empty');
    return outcome;
  }
}

/** Time that moves when the test says so. */
export class FakeClock {
  private time = 0;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  random(): number {
    return 0;
  }

  after(ms: number, callback: () => void): { dispose(): void } {
    const timer = { at: this.time + ms, callback };
    this.timers.push(timer);
    return { dispose: () => (this.timers = this.timers.filter((other) => other !== timer)) };
  }

  advance(ms: number): void {
    this.time += ms;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { callback } of due) callback();
  }
}
