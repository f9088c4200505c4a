/**
 * The extension's one view of its backend: carries out what `supervise` decides, holds the session
 * while there is one, and knows the backend's last status.
 */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import { PilotError } from '../backend/protocol/errors.ts';
import type { BackendSession, Connector } from './backendSession.ts';
import { systemClock, type Clock, type Timer } from './clock.ts';
import { connectFailureKind, problemOf } from './problems.ts';
import { supervise, type Supervision, type SupervisionEvent } from './supervision.ts';

/** How often to look whether somebody else started a backend that was stopped. */
const WATCH_MS = 5000;
/** How long a request waits for a connection that is being made. */
const PATIENCE_MS = 60_000;

/** Time and chance, so that tests need neither. */
export interface ConnectionClock extends Clock {
  random(): number;
}

const clockAndChance: ConnectionClock = { ...systemClock, random: () => Math.random() };

export type StopOutcome = 'stopped' | 'disconnected' | 'alreadyStopped';

export class BackendConnection implements vscode.Disposable {
  private state: Supervision = { phase: 'stopped', watching: false };
  private current: BackendSession | undefined;
  /** The session whose backend was told to stop, here. */
  private leaving: BackendSession | undefined;
  private latestStatus: BackendStatus | undefined;
  private attempt: AbortController | undefined;
  private timer: Timer | undefined;
  private disposed = false;
  private readonly changed = new vscode.EventEmitter<void>();

  /** Phase or status changed. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly connector: Connector,
    private readonly log: Pick<vscode.LogOutputChannel, 'info' | 'warn' | 'error'>,
    private readonly clock: ConnectionClock = clockAndChance,
  ) {}

  get supervision(): Supervision {
    return this.state;
  }

  get status(): BackendStatus | undefined {
    return this.latestStatus;
  }

  /** The open session, for work that is not worth waiting for. */
  get session(): BackendSession | undefined {
    return this.current;
  }

  /** Connects, and starts the backend if need be. Does nothing when that is so already. */
  start(): void {
    this.dispatch({ type: 'start', policy: this.connector.policy() });
  }

  /**
   * Stops the backend of this machine, for all windows, and waits until it has ended; leaves one
   * behind a URL.
   * @throws what `backend/stop` is refused with
   */
  async stop(): Promise<StopOutcome> {
    const session = this.current;
    const wasStopped = this.state.phase === 'stopped';
    if (session && !session.remote) await this.endLocal(session);
    this.release();
    this.dispatch({ type: 'stop', watch: !this.connector.isRemote() });
    await session?.close();
    if (wasStopped) return 'alreadyStopped';
    return session?.remote === true ? 'disconnected' : 'stopped';
  }

  /**
   * A backend with the settings of now. A remote one isn't restarted, only connected to anew.
   * @throws why a backend of another version could not be ended
   */
  async restart(): Promise<void> {
    const session = this.current;
    if (session?.remote === false) {
      try {
        await this.endLocal(session);
      } catch (error) {
        // A token without the right to stop the backend can still connect anew.
        this.log.warn(`Restart without stopping: ${problemOf(error).message}`);
      }
    }
    if (this.meetsOtherVersion && !this.connector.isRemote()) await this.connector.endOutdated();
    this.release();
    // In one go: a request that waits meanwhile never sees the backend stopped.
    this.dispatch(
      { type: 'stop', watch: false },
      { type: 'start', policy: this.connector.policy() },
    );
    await session?.close();
  }

  /**
   * The session, after waiting for it if one is being made.
   * @throws why there is none: PilotError backendUnreachable, cancelled, or the last failure
   */
  async ready(signal?: AbortSignal): Promise<BackendSession> {
    let patience: Timer | undefined;
    let listener: vscode.Disposable | undefined;
    let onAbort: (() => void) | undefined;
    try {
      return await new Promise((resolve, reject) => {
        const check = (): void => {
          if (this.current) resolve(this.current);
          else if (this.state.phase === 'failed') reject(asError(this.state.error));
          else if (this.state.phase === 'stopped') reject(stoppedError());
        };
        onAbort = () => reject(new PilotError('cancelled'));
        if (signal?.aborted) onAbort();
        signal?.addEventListener('abort', onAbort, { once: true });
        listener = this.onDidChange(check);
        patience = this.clock.after(PATIENCE_MS, () => {
          reject(this.state.phase === 'waiting' ? asError(this.state.error) : stoppedError());
        });
        check();
      });
    } finally {
      patience?.dispose();
      listener?.dispose();
      if (onAbort) signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Closes the connection and leaves the backend running: other windows may use it. */
  async close(): Promise<void> {
    this.disposed = true;
    const session = this.release();
    this.dispatch({ type: 'stop', watch: false });
    await session?.close();
  }

  dispose(): void {
    void this.close().finally(() => this.changed.dispose());
  }

  private get meetsOtherVersion(): boolean {
    const { state } = this;
    return state.phase === 'failed' && problemOf(state.error).name === 'protocolMismatch';
  }

  private dispatch(...events: SupervisionEvent[]): void {
    const next = events.reduce(supervise, this.state);
    if (next === this.state) return;
    this.timer?.dispose();
    this.timer = undefined;
    if (this.state.phase === 'connecting') this.attempt?.abort();
    this.state = next;
    this.enter(next);
    this.changed.fire();
  }

  private enter(state: Supervision): void {
    switch (state.phase) {
      case 'connecting':
        void this.connect(state.mayStart);
        break;
      case 'waiting':
        this.log.info(`Trying again in ${state.delayMs} ms.`);
        this.wake(state.delayMs);
        break;
      case 'stopped':
        if (state.watching && !this.disposed) this.wake(WATCH_MS);
        break;
      case 'connected':
      case 'failed':
        break;
      default:
        state satisfies never;
    }
  }

  private wake(ms: number): void {
    this.timer = this.clock.after(ms, () => {
      this.dispatch({ type: 'timer', policy: this.connector.policy() });
    });
  }

  private async connect(mayStart: boolean): Promise<void> {
    const attempt = new AbortController();
    this.attempt = attempt;
    let session: BackendSession | undefined;
    try {
      session = await this.connector.connect(mayStart, attempt.signal);
      const status = await session.request('backend/status', null, attempt.signal);
      if (status.state === 'draining') throw new PilotError('draining');
      if (attempt.signal.aborted) throw new PilotError('cancelled');
      this.adopt(session, status);
    } catch (error) {
      await session?.close();
      if (attempt.signal.aborted) return;
      const problem = problemOf(error);
      if (mayStart) this.log.warn(`No connection to the backend: ${problem.message}`);
      this.dispatch({
        type: 'connectFailed',
        error,
        kind: connectFailureKind(problem),
        at: this.clock.now(),
        random: this.clock.random(),
      });
    }
  }

  private adopt(session: BackendSession, status: BackendStatus): void {
    this.current = session;
    this.latestStatus = status;
    session.on('backend/statusChanged', (changed) => {
      if (session !== this.current) return;
      this.latestStatus = changed;
      this.changed.fire();
    });
    void session.closed.then(() => this.lost(session));
    this.log.info(`Connected to backend ${status.version}, process ${status.pid}.`);
    this.dispatch({ type: 'connected', at: this.clock.now() });
  }

  private lost(session: BackendSession): void {
    if (session !== this.current || session === this.leaving) return;
    const onPurpose = !session.remote && this.latestStatus?.state === 'draining';
    this.release();
    // The connection is gone; this frees what the session holds in the editor.
    void session.close();
    this.log.warn(onPurpose ? 'The backend was stopped.' : 'The connection was lost.');
    this.dispatch({
      type: 'lost',
      error: new PilotError('connectionLost'),
      onPurpose,
      at: this.clock.now(),
      random: this.clock.random(),
    });
  }

  /** Forgets the session; whoever calls decides whether to close it. */
  private release(): BackendSession | undefined {
    const session = this.current;
    this.current = undefined;
    this.leaving = undefined;
    this.latestStatus = undefined;
    return session;
  }

  /** The backend finishes its running answers first; meanwhile it counts as stopping, not as lost. */
  private async endLocal(session: BackendSession): Promise<void> {
    const status = this.latestStatus;
    this.leaving = session;
    try {
      await session.request('backend/stop', null);
    } catch (error) {
      // It may end before its answer has arrived.
      if (problemOf(error).name !== 'connectionLost') {
        this.leaving = undefined;
        throw error;
      }
    }
    if (!status) return;
    this.latestStatus = { ...status, state: 'draining' };
    this.changed.fire();
    await this.connector.ended(status.pid);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function stoppedError(): PilotError {
  const reason = vscode.l10n.t('it is not running');
  return new PilotError('backendUnreachable', { url: 'localhost', reason });
}
