/** Knows of the jobs of the backend, whichever window has started them. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';
import { hasEnded } from './jobText.ts';

export class JobWatch implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly changed = this.own.add(new vscode.EventEmitter<void>());
  private watched: BackendSession | undefined;
  /** By id, in the order they were first told of. */
  private readonly known = new Map<string, JobInfo>();

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly backend: Pick<BackendConnection, 'session' | 'onDidChange'>,
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
  ) {
    this.own.add(backend.onDidChange(() => this.follow()));
  }

  /** As they were last told of, the newest first. */
  get jobs(): readonly JobInfo[] {
    return [...this.known.values()].reverse();
  }

  /** The model download that runs. */
  get download(): JobInfo | undefined {
    return this.jobs.find((job) => job.kind === 'pull' && !hasEnded(job));
  }

  /** The longer work that runs: of several, the one that does not wait. */
  get work(): JobInfo | undefined {
    const open = this.jobs.filter((job) => job.kind !== 'pull' && !hasEnded(job));
    return open.find(({ state }) => state === 'running') ?? open.at(-1);
  }

  dispose(): void {
    this.own.dispose();
  }

  private follow(): void {
    const { session } = this.backend;
    if (session === this.watched) return;
    this.watched = session;
    this.known.clear();
    this.changed.fire();
    // Jobs are told to those who may start them.
    if (session?.role !== 'admin') return;
    // Goes with its session.
    session.on('job/changed', (job) => {
      if (session === this.watched) this.take(job);
    });
    guard(this.log, this.look(session));
  }

  /** Jobs that were there before this window came. */
  private async look(session: BackendSession): Promise<void> {
    const { jobs } = await session.request('job/list', null);
    if (session !== this.watched) return;
    // What was told meanwhile is newer.
    const news = [...this.known.values()];
    this.known.clear();
    for (const job of [...jobs, ...news]) this.known.set(job.id, job);
    this.changed.fire();
  }

  private take(job: JobInfo): void {
    this.known.set(job.id, job);
    this.changed.fire();
  }
}
