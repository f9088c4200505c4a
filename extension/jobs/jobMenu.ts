/** The jobs of the backend as a list, and what can be done with each. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { BackendConnection } from '../backendConnection.ts';
import type { BackendSession } from '../backendSession.ts';
import { commands, titleOf } from '../commandIds.ts';
import type { JobLogView } from './jobLog.ts';
import type { JobRunner } from './jobRunner.ts';
import {
  detailOf,
  hasEnded,
  jobSentenceText,
  kindName,
  percentText,
  stateText,
  timeLeftText,
} from './jobText.ts';

interface JobItem extends vscode.QuickPickItem {
  readonly job: JobInfo;
}

function icon({ state }: JobInfo): string {
  switch (state) {
    case 'queued':
      return '$(watch)';
    case 'running':
      return '$(sync~spin)';
    case 'done':
      return '$(check)';
    case 'failed':
      return '$(error)';
    case 'cancelled':
      return '$(circle-slash)';
    case 'interrupted':
      return '$(debug-disconnect)';
    default:
      return state satisfies never;
  }
}

/** The newest first. */
export function jobItems(jobs: readonly JobInfo[]): JobItem[] {
  return jobs.toReversed().map((job) => {
    const facts = [kindName(job.kind), stateText(job), percentText(job), timeLeftText(job)];
    // Where a job has stopped says nothing once it is done.
    const shown = job.state === 'done' ? facts.slice(0, 2) : facts;
    return {
      label: `${icon(job)} ${jobSentenceText(job.title)}`,
      description: shown.filter((fact) => fact !== undefined).join(' · '),
      detail: detailOf(job),
      job,
    };
  });
}

export interface JobMenuParts {
  readonly backend: Pick<BackendConnection, 'start' | 'ready'>;
  readonly runner: JobRunner;
  readonly logs: JobLogView;
  readonly showReport: (session: BackendSession, model: string) => Promise<void>;
}

interface Action extends vscode.QuickPickItem {
  readonly run: () => Promise<unknown>;
}

export function jobActions(session: BackendSession, job: JobInfo, parts: JobMenuParts): Action[] {
  const { runner, logs, showReport } = parts;
  const { model } = job;
  const isOpen = !hasEnded(job);
  const label = (name: string, text: string): string => `$(${name}) ${text}`;
  const report: Action[] =
    model === undefined || job.kind === 'pull'
      ? []
      : [
          {
            label: label('graph', vscode.l10n.t('Show Report')),
            run: () => showReport(session, model),
          },
        ];
  return [
    ...(isOpen
      ? [
          {
            label: label('eye', vscode.l10n.t('Show Progress')),
            run: () => runner.run(session, job),
          },
          {
            label: label('debug-stop', vscode.l10n.t('Cancel')),
            run: () => session.request('job/cancel', { job: job.id }),
          },
        ]
      : []),
    ...(!isOpen && job.isResumable === true
      ? [
          {
            label: label('debug-continue', vscode.l10n.t('Resume')),
            run: () => runner.resume(session, job),
          },
        ]
      : []),
    ...report,
    {
      label: label('output', vscode.l10n.t('Show Job Log')),
      run: () => logs.show(session, job),
    },
  ];
}

/** Throws what the backend refuses with. */
export async function showJobs(parts: JobMenuParts): Promise<void> {
  parts.backend.start();
  const session = await parts.backend.ready();
  const { jobs } = await session.request('job/list', null);
  const chosen = await vscode.window.showQuickPick(jobItems(jobs), {
    title: titleOf(commands.showJobs),
    placeHolder:
      jobs.length === 0
        ? vscode.l10n.t('No job yet: conversions, verifications and downloads are listed here.')
        : vscode.l10n.t('Choose a job to see what can be done with it.'),
    matchOnDescription: true,
  });
  if (!chosen) return;
  const actions = jobActions(session, chosen.job, parts);
  const action = await vscode.window.showQuickPick(actions, {
    title: jobSentenceText(chosen.job.title),
  });
  await action?.run();
}
