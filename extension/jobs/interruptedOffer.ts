/** Offers to go on with work that the end of a backend has interrupted: once for each job. */
import type * as vscode from 'vscode';
import type { BackendConnection } from '../backendConnection.ts';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';
import type { JobRunner } from './jobRunner.ts';
import type { JobWatch } from './jobWatch.ts';

/** Ids of the jobs that were offered, in whichever window. */
const OFFERED_KEY = 'tpuPilot.offeredJobs';
const MOST_KEPT = 50;

export class InterruptedOffer implements vscode.Disposable {
  private readonly own = new Disposables();

  constructor(
    private readonly backend: Pick<BackendConnection, 'session'>,
    private readonly jobs: Pick<JobWatch, 'jobs' | 'onDidChange'>,
    private readonly runner: Pick<JobRunner, 'tell'>,
    private readonly memory: vscode.Memento,
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
  ) {
    this.own.add(jobs.onDidChange(() => this.check()));
  }

  dispose(): void {
    this.own.dispose();
  }

  private check(): void {
    const { session } = this.backend;
    if (!session) return;
    const offered = this.memory.get<readonly string[]>(OFFERED_KEY, []);
    const found = this.jobs.jobs.filter(
      ({ id, state, isResumable }) =>
        state === 'interrupted' && isResumable === true && !offered.includes(id),
    );
    if (found.length === 0) return;
    const kept = [...offered, ...found.map(({ id }) => id)].slice(-MOST_KEPT);
    guard(this.log, this.memory.update(OFFERED_KEY, kept));
    for (const job of found) guard(this.log, this.runner.tell(session, job));
  }
}
