/** What a job's tools print, in an output channel that follows it. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { BackendSession } from '../backendSession.ts';
import { systemAfter, type After } from '../clock.ts';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';
import { hasEnded, jobSentenceText } from './jobText.ts';

/** The compiler prints many lines; people read few. */
const POLL_MS = 1000;

export class JobLogView implements vscode.Disposable {
  private readonly own = new Disposables();
  private channel: vscode.OutputChannel | undefined;
  /** What is shown now: what was shown before stops when this changes. */
  private shown: object | undefined;

  constructor(
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
    private readonly after: After = systemAfter,
  ) {}

  /** Shows what there is, and goes on in the background. Throws what `job/log` is refused with. */
  async show(session: BackendSession, job: Pick<JobInfo, 'id' | 'title'>): Promise<void> {
    this.channel ??= this.own.add(vscode.window.createOutputChannel('TPU Pilot Jobs'));
    const turn = {};
    this.shown = turn;
    this.channel.clear();
    this.channel.appendLine(`${jobSentenceText(job.title)} (${job.id})`);
    this.channel.show(true);
    const next = await this.append(session, job.id, 0, turn);
    guard(this.log, this.follow(session, job.id, next, turn));
  }

  dispose(): void {
    this.shown = undefined;
    this.own.dispose();
  }

  private async follow(
    session: BackendSession,
    job: string,
    from: number,
    turn: object,
  ): Promise<void> {
    void session.closed.then(() => {
      if (this.shown === turn) this.shown = undefined;
    });
    let next = from;
    while (this.shown === turn) {
      // Asked before the lines, so that none is missed at the end.
      const { state } = await session.request('job/get', { job });
      next = await this.append(session, job, next, turn);
      if (hasEnded({ state })) return;
      await new Promise<void>((resolve) => void this.after(POLL_MS, resolve));
    }
  }

  /** @returns where to go on */
  private async append(
    session: BackendSession,
    job: string,
    from: number,
    turn: object,
  ): Promise<number> {
    let next = from;
    for (;;) {
      const answer = await session.request('job/log', { job, from: next });
      if (this.shown !== turn) return next;
      for (const line of answer.lines) this.channel?.appendLine(line);
      if (answer.lines.length === 0 || answer.next <= next) return answer.next;
      next = answer.next;
    }
  }
}
