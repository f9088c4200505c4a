/** Follows a job of the backend, such as a download, in a progress notification. */
import * as vscode from 'vscode';
import { PilotError } from '../../backend/protocol/errors.ts';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import { abortOnCancel } from '../abortOnCancel.ts';
import type { BackendSession } from '../backendSession.ts';
import { hasEnded, jobSentenceText, timeLeftText } from './jobText.ts';

/**
 * The job when it has ended, in whichever way. Aborting the signal asks the backend to cancel it.
 * @throws PilotError connectionLost, RemoteError
 */
async function followJob(
  session: BackendSession,
  job: string,
  report: (info: JobInfo) => void,
  signal: AbortSignal,
): Promise<JobInfo> {
  let listener: vscode.Disposable | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      const check = (info: JobInfo): void => {
        if (info.id !== job) return;
        report(info);
        if (hasEnded(info)) resolve(info);
      };
      onAbort = () => void session.request('job/cancel', { job }).then(check, reject);
      listener = session.on('job/changed', check);
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
      // It may have ended before the listener was there.
      session.request('job/get', { job }).then(check, reject);
      void session.closed.then(() => reject(new PilotError('connectionLost')));
    });
  } finally {
    listener?.dispose();
    if (onAbort) signal.removeEventListener('abort', onAbort);
  }
}

/** What a notification says about a job. */
export function progressMessage(job: JobInfo): string {
  const { doneBytes, totalBytes, step } = job;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0);
  if (doneBytes === undefined) {
    return [jobSentenceText(step), timeLeftText(job)]
      .filter((text) => text !== undefined)
      .join(' · ');
  }
  if (totalBytes === undefined) return vscode.l10n.t('{0} MB', megabytes(doneBytes));
  return vscode.l10n.t('{0} of {1} MB', megabytes(doneBytes), megabytes(totalBytes));
}

/** Shows the job until it has ended; its Cancel button cancels the job. Throws like `followJob`. */
export async function showJob(
  session: BackendSession,
  title: string,
  job: JobInfo,
): Promise<JobInfo> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress(
    { location, title, cancellable: true },
    async (progress, token) => {
      let shown = 0;
      return abortOnCancel(token, (signal) =>
        followJob(
          session,
          job.id,
          (info) => {
            const percent = (info.fraction ?? 0) * 100;
            progress.report({
              message: progressMessage(info),
              increment: Math.max(0, percent - shown),
            });
            shown = Math.max(shown, percent);
          },
          signal,
        ),
      );
    },
  );
}
