/** Tells the person once what stands between them and an answer, why, and what helps. */
import type { Disposable, LogOutputChannel } from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { lastLogLines, readable } from './backendLog.ts';
import { guard } from './guard.ts';
import { showProblem, warnOf } from './notices.ts';
import { connectFailureKind, problemInText, problemOf, type Problem } from './problems.ts';
import { backendSettings } from './settings.ts';
import type { Supervision } from './supervision.ts';

/** More goes to the log; a notification is not a terminal. */
const LINES_SHOWN = 3;
const LINES_LOGGED = 20;

export class FailureNotice implements Disposable {
  private readonly listener: Disposable;
  private told: Supervision | undefined;
  /** Of the backend's problems, those that a message has been about. */
  private readonly known = new Set<string>();

  constructor(
    private readonly backend: BackendConnection,
    private readonly log: LogOutputChannel,
  ) {
    this.listener = backend.onDidChange(() => {
      guard(log, this.checkConnection());
      guard(log, this.checkProblems());
    });
  }

  dispose(): void {
    this.listener.dispose();
  }

  /** The extension gives up on the backend. */
  private async checkConnection(): Promise<void> {
    const { supervision } = this.backend;
    if (supervision.phase !== 'failed' || supervision === this.told) return;
    this.told = supervision;
    const problem = problemOf(supervision.error);
    const lines = await lastWords(problem);
    this.log.error(`Gave up on the backend: ${problem.message}`);
    for (const line of lines) this.log.error(`  ${line}`);
    await showProblem(supervision.error, lines.slice(-LINES_SHOWN));
  }

  /** The backend runs, and is not what was asked for: a model did not fit, a device is gone. */
  private async checkProblems(): Promise<void> {
    const news = (this.backend.status?.problems ?? []).filter((text) => !this.known.has(text));
    for (const text of news) this.known.add(text);
    await Promise.all(news.map((text) => warnOf(problemInText(text))));
  }
}

/** What the process said before it ended. One that runs and refuses has said why already. */
async function lastWords(problem: Problem): Promise<string[]> {
  if (problem.details.length > 0) return problem.details.map(readable);
  const settings = backendSettings();
  const hasEnded = connectFailureKind(problem) === 'fault';
  return settings.url === '' && hasEnded ? lastLogLines(settings, LINES_LOGGED) : [];
}
