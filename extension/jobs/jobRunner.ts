/** Follows jobs to their end and says what came of them, with what can be done next as buttons. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import { RemoteError } from '../../backend/client/remoteError.ts';
import type { BackendSession } from '../backendSession.ts';
import { offer, offerWarning, type Choice } from '../notices.ts';
import { sentenceOf, problemOf } from '../problems.ts';
import type { JobLogView } from './jobLog.ts';
import { showJob } from './jobProgress.ts';
import { jobSentenceText, kindName } from './jobText.ts';
import { mayStartJobs } from './trust.ts';

/** What to say and offer when a job of a kind is done. */
type JobOutcome = (session: BackendSession, job: JobInfo) => Promise<void>;
export type JobOutcomes = Readonly<Partial<Record<JobInfo['kind'], JobOutcome>>>;

/** The error a job has ended with, as if it had been thrown. */
function errorOf({ error }: JobInfo): RemoteError | undefined {
  return error && new RemoteError(error.code, error.message, { name: '', remedy: error.remedy });
}

export class JobRunner {
  /** By id: one notification for each job. */
  private readonly followed = new Map<string, Promise<JobInfo>>();
  private outcomes: JobOutcomes = {};

  constructor(private readonly logs: JobLogView) {}

  /** What is made of jobs needs this runner itself. */
  setOutcomes(outcomes: JobOutcomes): void {
    this.outcomes = outcomes;
  }

  /**
   * Shows the job until it has ended, then what came of it.
   * @throws PilotError connectionLost, RemoteError
   */
  async run(session: BackendSession, job: JobInfo): Promise<void> {
    if (this.followed.has(job.id)) return;
    await this.tell(session, await this.end(session, job));
  }

  /** Shows the job until it has ended, for what goes on when it is done. Throws like `run`. */
  async end(session: BackendSession, job: JobInfo): Promise<JobInfo> {
    const title = vscode.l10n.t('TPU Pilot: {0}', jobSentenceText(job.title));
    const following =
      this.followed.get(job.id) ??
      showJob(session, title, job).finally(() => this.followed.delete(job.id));
    this.followed.set(job.id, following);
    return following;
  }

  /** Says how a job has ended. */
  async tell(session: BackendSession, job: JobInfo): Promise<void> {
    const showLog = this.showLogChoice(session, job);
    const again = job.isResumable === true ? [this.resumeChoice(session, job)] : [];
    switch (job.state) {
      case 'queued':
      case 'running':
        return;
      case 'done':
        await this.outcomes[job.kind]?.(session, job);
        return;
      case 'cancelled':
        await offer(this.endedText(job), ...again, showLog);
        return;
      case 'interrupted':
      case 'failed': {
        const text = job.error ? sentenceOf(problemOf(errorOf(job))) : this.endedText(job);
        await offerWarning(text, ...again, showLog);
        return;
      }
      default:
        job.state satisfies never;
    }
  }

  /** Goes on where the job stopped. */
  async resume(session: BackendSession, job: Pick<JobInfo, 'id'>): Promise<void> {
    if (!(await mayStartJobs())) return;
    await this.run(session, await session.request('job/resume', { job: job.id }));
  }

  showLogChoice(session: BackendSession, job: JobInfo): Choice {
    return {
      title: vscode.l10n.t('Show Job Log'),
      run: () => this.logs.show(session, job),
    };
  }

  private resumeChoice(session: BackendSession, job: JobInfo): Choice {
    return { title: vscode.l10n.t('Resume'), run: () => this.resume(session, job) };
  }

  private endedText({ state, kind, title, isResumable }: JobInfo): string {
    const [name, job] = [kindName(kind), jobSentenceText(title)];
    const text =
      state === 'cancelled'
        ? vscode.l10n.t('{0} cancelled: {1}.', name, job)
        : vscode.l10n.t('{0} interrupted: {1}.', name, job);
    return isResumable === true ? `${text} ${vscode.l10n.t('What was done is kept.')}` : text;
  }
}
