/** Why things are as they are, and what a person can do about it: one or two sentences. */
import * as vscode from 'vscode';
import { progressMessage } from './jobs/jobProgress.ts';
import { messageOf, problemOf, sentenceOf } from './problems.ts';
import { backendProblems, type Indicator, type StatusInput } from './statusIndicator.ts';

/** Undefined when there is nothing to explain. */
export function whatToDo(input: StatusInput, indicator: Indicator): string | undefined {
  const { supervision, download } = input;
  const reported = backendProblems(input).map(sentenceOf).join(' ');
  switch (indicator) {
    case 'stopped':
      return vscode.l10n.t(
        'The backend is not running. Start it for suggestions and chat; the editor itself works without it.',
      );
    case 'starting':
      return vscode.l10n.t('The backend is starting. What you ask now is answered when it is up.');
    case 'downloading':
      if (!download) return undefined;
      return vscode.l10n.t('A model is being downloaded: {0}.', progressMessage(download));
    case 'loading':
      return vscode.l10n.t('The model is being loaded into the device.');
    case 'reconnecting':
      return supervision.phase === 'waiting'
        ? vscode.l10n.t('{0} Trying again.', messageOf(problemOf(supervision.error)))
        : vscode.l10n.t('Trying again to reach the backend.');
    case 'stopping':
      return vscode.l10n.t('The backend finishes what it is answering, then it ends.');
    case 'noModel':
      return reported === ''
        ? vscode.l10n.t('There is nothing to answer with yet: get a model.')
        : reported;
    case 'outOfMemory':
    case 'degraded':
      return reported === '' ? vscode.l10n.t('A device is not ready.') : reported;
    case 'paused':
      return vscode.l10n.t('Suggestions are paused; chat answers as always.');
    case 'otherVersion':
    case 'failed':
      return supervision.phase === 'failed' ? sentenceOf(problemOf(supervision.error)) : undefined;
    case 'busy':
    case 'ready':
      return undefined;
    default:
      return indicator satisfies never;
  }
}
