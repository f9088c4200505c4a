/** A job in words. */
import * as vscode from 'vscode';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import { jobTable } from '../../backend/protocol/jobSentences.ts';
import { translated } from '../translated.ts';
import { messageOf, problemOf } from '../problems.ts';

export function hasEnded({ state }: Pick<JobInfo, 'state'>): boolean {
  switch (state) {
    case 'queued':
    case 'running':
      return false;
    case 'done':
    case 'failed':
    case 'cancelled':
    case 'interrupted':
      return true;
    default:
      return state satisfies never;
  }
}

export function kindName(kind: JobInfo['kind']): string {
  switch (kind) {
    case 'pull':
      return vscode.l10n.t('Download');
    case 'toolchain':
      return vscode.l10n.t('Compiler');
    case 'convert':
      return vscode.l10n.t('Conversion');
    case 'verify':
      return vscode.l10n.t('Verification');
    case 'predict':
      return vscode.l10n.t('Prediction');
    default:
      return kind satisfies never;
  }
}

export function stateText({ state }: Pick<JobInfo, 'state'>): string {
  switch (state) {
    case 'queued':
      return vscode.l10n.t('waiting');
    case 'running':
      return vscode.l10n.t('running');
    case 'done':
      return vscode.l10n.t('done');
    case 'failed':
      return vscode.l10n.t('failed');
    case 'cancelled':
      return vscode.l10n.t('cancelled');
    case 'interrupted':
      return vscode.l10n.t('interrupted');
    default:
      return state satisfies never;
  }
}

export function percentText({ fraction }: Pick<JobInfo, 'fraction'>): string | undefined {
  return fraction === undefined ? undefined : `${Math.floor(fraction * 100)} %`;
}

/** Nobody believes an estimate to the second. */
export function timeLeftText({ secondsLeft }: Pick<JobInfo, 'secondsLeft'>): string | undefined {
  if (secondsLeft === undefined) return undefined;
  const minutes = Math.ceil(secondsLeft / 60);
  if (secondsLeft < 60) return vscode.l10n.t('{0} s left', Math.ceil(secondsLeft / 5) * 5);
  if (minutes < 60) return vscode.l10n.t('{0} min left', minutes);
  return vscode.l10n.t('{0} h {1} min left', Math.floor(minutes / 60), minutes % 60);
}

/** A title or a step of a job in the language of the editor; one of a newer backend as it came. */
export function jobSentenceText(sentence: string): string {
  for (const template of Object.values(jobTable)) {
    const text = translated(template, sentence);
    if (text !== undefined) return text;
  }
  return sentence;
}

/** What it does, or why it has ended. */
export function detailOf(job: JobInfo): string {
  if (job.error) {
    const { code, message, remedy } = job.error;
    return messageOf(problemOf({ code, message, data: { name: '', remedy } }));
  }
  if (job.state === 'queued') return vscode.l10n.t('It starts when the job before it has ended.');
  return hasEnded(job) ? '' : jobSentenceText(job.step);
}
