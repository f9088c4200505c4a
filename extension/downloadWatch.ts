/** Knows of the model download that runs in the backend, whichever window has started it. */
import * as vscode from 'vscode';
import type { JobInfo } from '../backend/protocol/jobs.ts';
import type { BackendConnection } from './backendConnection.ts';
import type { BackendSession } from './backendSession.ts';
import { Disposables } from './disposables.ts';
import { guard } from './guard.ts';

function isRunning({ kind, state }: JobInfo): boolean {
  switch (kind) {
    case 'pull':
      return state === 'queued' || state === 'running';
    case 'toolchain':
    case 'convert':
    case 'verify':
    case 'predict':
      return false;
    default:
      return kind satisfies never;
  }
}

export class DownloadWatch implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly changed = this.own.add(new vscode.EventEmitter<void>());
  private watched: BackendSession | undefined;
  private job: JobInfo | undefined;

  readonly onDidChange = this.changed.event;

  constructor(
    private readonly backend: Pick<BackendConnection, 'session' | 'onDidChange'>,
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
  ) {
    this.own.add(backend.onDidChange(() => this.follow()));
  }

  /** The download, as it was last told of. */
  get running(): JobInfo | undefined {
    return this.job;
  }

  dispose(): void {
    this.own.dispose();
  }

  private follow(): void {
    const { session } = this.backend;
    if (session === this.watched) return;
    this.watched = session;
    this.update(undefined);
    // Jobs are told to those who may start them.
    if (session?.role !== 'admin') return;
    // Goes with its session.
    session.on('job/changed', (job) => {
      if (session === this.watched) this.take(job);
    });
    guard(this.log, this.look(session));
  }

  /** Downloads that were running before this window came. */
  private async look(session: BackendSession): Promise<void> {
    const { jobs } = await session.request('job/list', null);
    if (session === this.watched) jobs.filter(isRunning).forEach((job) => this.take(job));
  }

  private take(job: JobInfo): void {
    if (isRunning(job)) this.update(job);
    else if (job.id === this.job?.id) this.update(undefined);
  }

  private update(job: JobInfo | undefined): void {
    if (job === this.job) return;
    this.job = job;
    this.changed.fire();
  }
}
