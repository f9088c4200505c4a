/** Tells the person once when the extension gives up on the backend, and why. */
import type { Disposable, LogOutputChannel } from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { lastLogLines, readable } from './backendProcess.ts';
import { guard } from './guard.ts';
import { showProblem } from './notices.ts';
import { problemOf } from './problems.ts';
import { backendSettings } from './settings.ts';
import type { Supervision } from './supervision.ts';

/** More goes to the log; a notification is not a terminal. */
const LINES_SHOWN = 3;
const LINES_LOGGED = 20;

export class FailureNotice implements Disposable {
  private readonly listener: Disposable;
  private told: Supervision | undefined;

  constructor(
    private readonly backend: BackendConnection,
    private readonly log: LogOutputChannel,
  ) {
    this.listener = backend.onDidChange(() => guard(log, this.check()));
  }

  dispose(): void {
    this.listener.dispose();
  }

  private async check(): Promise<void> {
    const { supervision } = this.backend;
    if (supervision.phase !== 'failed' || supervision === this.told) return;
    this.told = supervision;
    const problem = problemOf(supervision.error);
    const lines = problem.details.length > 0 ? problem.details.map(readable) : await logTail();
    this.log.error(`Gave up on the backend: ${problem.message}`);
    for (const line of lines) this.log.error(`  ${line}`);
    await showProblem(supervision.error, lines.slice(-LINES_SHOWN));
  }
}

/** A backend that ran and then died left its last words in its log. */
async function logTail(): Promise<string[]> {
  const settings = backendSettings();
  return settings.url === '' ? lastLogLines(settings, LINES_LOGGED) : [];
}
