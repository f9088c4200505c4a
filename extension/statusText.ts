/** What the status bar says, as pure functions of what is known. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import type { Supervision } from './supervision.ts';

export interface StatusInput {
  readonly supervision: Supervision;
  /** The backend's last word; undefined before the first. */
  readonly status: BackendStatus | undefined;
  /** From the editor's request to the last suggestion, in ms. */
  readonly completionMs: number | undefined;
  readonly inlineCompletion: boolean;
  /** Shown in the tooltip; undefined for the backend of this machine. */
  readonly remoteUrl: string | undefined;
}

export type Indicator =
  | 'stopped'
  | 'starting'
  | 'reconnecting'
  | 'stopping'
  | 'noModel'
  | 'degraded'
  | 'busy'
  | 'ready'
  | 'failed';

export function indicatorOf({ supervision, status }: StatusInput): Indicator {
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
      return 'failed';
    case 'connected':
      break;
    default:
      return supervision satisfies never;
  }
  if (status === undefined) return 'starting';
  const { state, running } = status;
  switch (state) {
    case 'starting':
      return 'starting';
    case 'draining':
      return 'stopping';
    case 'noModel':
      return 'noModel';
    case 'degraded':
      return 'degraded';
    case 'ready':
      return running > 0 ? 'busy' : 'ready';
    default:
      return state satisfies never;
  }
}

const icons: Readonly<Record<Indicator, string>> = {
  stopped: '$(circle-slash)',
  starting: '$(loading~spin)',
  reconnecting: '$(sync~spin)',
  stopping: '$(loading~spin)',
  noModel: '$(cloud-download)',
  degraded: '$(warning)',
  busy: '$(loading~spin)',
  ready: '$(chip)',
  failed: '$(error)',
};

/** The state in words, for the tooltip and for screen readers. */
export function stateName(indicator: Indicator): string {
  switch (indicator) {
    case 'stopped':
      return vscode.l10n.t('stopped');
    case 'starting':
      return vscode.l10n.t('starting');
    case 'reconnecting':
      return vscode.l10n.t('reconnecting');
    case 'stopping':
      return vscode.l10n.t('stopping');
    case 'noModel':
      return vscode.l10n.t('no model');
    case 'degraded':
      return vscode.l10n.t('device not ready');
    case 'busy':
      return vscode.l10n.t('busy');
    case 'ready':
      return vscode.l10n.t('ready');
    case 'failed':
      return vscode.l10n.t('failed');
    default:
      return indicator satisfies never;
  }
}

/** The hottest chip in °C; undefined when no device measures it. */
export function temperatureOf(status: BackendStatus | undefined): number | undefined {
  const values = (status?.devices ?? []).flatMap(
    ({ telemetry }) => telemetry.chipTemperatureC ?? [],
  );
  return values.length === 0 ? undefined : Math.max(...values);
}

/** For people: 85 ms, 1.2 s. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Short: the state while it matters, then what was measured. */
export function barText(input: StatusInput): string {
  const indicator = indicatorOf(input);
  const words = [icons[indicator], 'TPU'];
  if (indicator !== 'ready' && indicator !== 'busy')
    return [...words, stateName(indicator)].join(' ');
  const latency = input.completionMs ?? input.status?.latency.chat.firstTokenP50Ms;
  words.push(latency === undefined ? stateName(indicator) : formatMs(latency));
  const temperature = temperatureOf(input.status);
  if (temperature !== undefined) words.push(`${Math.round(temperature)} °C`);
  return words.join(' ');
}
