/** The one word that the status bar has for everything known, as a pure function of it. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import type { JobInfo } from '../backend/protocol/jobs.ts';
import { problemInText, problemOf, type Problem } from './problems.ts';
import type { Supervision } from './supervision.ts';

export interface StatusInput {
  readonly supervision: Supervision;
  /** The backend's last word; undefined before the first. */
  readonly status: BackendStatus | undefined;
  /** The model download that runs now, if one does. */
  readonly download: JobInfo | undefined;
  /** From the editor's request to the last suggestion, in ms. */
  readonly completionMs: number | undefined;
  readonly inlineCompletion: boolean;
  /** Suggestions rest for a while, although they are switched on. */
  readonly paused: boolean;
  /** False in VS Code's Restricted Mode. */
  readonly trusted: boolean;
  /** Shown in the tooltip; undefined for the backend of this machine. */
  readonly remoteUrl: string | undefined;
}

export type Indicator =
  | 'stopped'
  | 'starting'
  | 'downloading'
  | 'loading'
  | 'reconnecting'
  | 'stopping'
  | 'noModel'
  | 'outOfMemory'
  | 'degraded'
  | 'paused'
  | 'busy'
  | 'ready'
  | 'otherVersion'
  | 'failed';

/** What the backend says is not as it was asked for, in the language of the editor. */
export function backendProblems({ status }: Pick<StatusInput, 'status'>): Problem[] {
  const devices = status?.devices ?? [];
  const failed = devices.flatMap(({ state, detail }) =>
    (state === 'failed' || state === 'restarting') && detail !== undefined ? [detail] : [],
  );
  const texts = [
    ...(status?.problems ?? []),
    ...failed,
    ...devices.flatMap(({ problems }) => problems ?? []),
  ];
  // A model that found no device is a problem with the words of that device.
  return [...new Set(texts)].map(problemInText);
}

/** No model would help. */
export function allDevicesFailed({ devices }: BackendStatus): boolean {
  return devices.length > 0 && devices.every(({ state }) => state === 'failed');
}

/** How much of the model is on the device, in percent; undefined when the device doesn't say. */
export function loadedPercent({ status }: Pick<StatusInput, 'status'>): number | undefined {
  const loading = status?.devices.find(({ state }) => state === 'loading');
  const [, percent] = /(\d+) %$/.exec(loading?.detail ?? '') ?? [];
  return percent === undefined ? undefined : Number(percent);
}

export function indicatorOf(input: StatusInput): Indicator {
  const { supervision, status, download } = input;
  switch (supervision.phase) {
    case 'stopped':
      return 'stopped';
    case 'connecting':
      // A quiet look whether somebody else started it: nothing a person waits for.
      if (!supervision.mayStart) return 'stopped';
      return supervision.policy.attempt > 0 ? 'reconnecting' : 'starting';
    case 'waiting':
      return 'reconnecting';
    case 'failed':
      return problemOf(supervision.error).name === 'protocolMismatch' ? 'otherVersion' : 'failed';
    case 'connected':
      break;
    default:
      return supervision satisfies never;
  }
  if (status === undefined) return 'starting';
  const loading = status.devices.some(({ state }) => state === 'loading');
  const outOfMemory = backendProblems(input).some(({ name }) => name?.startsWith('outOfMemory'));
  switch (status.state) {
    case 'starting':
      return loading ? 'loading' : 'starting';
    case 'draining':
      return 'stopping';
    case 'noModel':
      if (allDevicesFailed(status)) return 'degraded';
      if (download) return 'downloading';
      if (loading) return 'loading';
      return outOfMemory ? 'outOfMemory' : 'noModel';
    case 'degraded':
      if (loading) return 'loading';
      return outOfMemory ? 'outOfMemory' : 'degraded';
    case 'ready':
      if (status.running > 0) return 'busy';
      if (download) return 'downloading';
      return input.paused ? 'paused' : 'ready';
    default:
      return status.state satisfies never;
  }
}

/** The state in words, for the status bar and for screen readers. */
export function stateName(indicator: Indicator): string {
  switch (indicator) {
    case 'stopped':
      return vscode.l10n.t('off');
    case 'starting':
      return vscode.l10n.t('starting');
    case 'downloading':
      return vscode.l10n.t('downloading model');
    case 'loading':
      return vscode.l10n.t('loading model');
    case 'reconnecting':
      return vscode.l10n.t('reconnecting');
    case 'stopping':
      return vscode.l10n.t('stopping');
    case 'noModel':
      return vscode.l10n.t('no model');
    case 'outOfMemory':
      return vscode.l10n.t('out of memory');
    case 'degraded':
      return vscode.l10n.t('degraded');
    case 'paused':
      return vscode.l10n.t('paused');
    case 'busy':
      return vscode.l10n.t('busy');
    case 'ready':
      return vscode.l10n.t('ready');
    case 'otherVersion':
      return vscode.l10n.t('other version');
    case 'failed':
      return vscode.l10n.t('failed');
    default:
      return indicator satisfies never;
  }
}
