/** What the status bar says in its few characters, and to a screen reader in a sentence. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import { whatToDo } from './statusAdvice.ts';
import {
  indicatorOf,
  loadedPercent,
  stateName,
  type Indicator,
  type StatusInput,
} from './statusIndicator.ts';

export const stateIcons: Readonly<Record<Indicator, string>> = {
  stopped: '$(circle-slash)',
  starting: '$(loading~spin)',
  downloading: '$(cloud-download)',
  loading: '$(loading~spin)',
  reconnecting: '$(sync~spin)',
  stopping: '$(loading~spin)',
  noModel: '$(cloud-download)',
  outOfMemory: '$(warning)',
  degraded: '$(warning)',
  paused: '$(debug-pause)',
  busy: '$(loading~spin)',
  ready: '$(chip)',
  otherVersion: '$(versions)',
  failed: '$(error)',
};

/** The hottest chip in °C; undefined when no device measures it. */
function temperatureOf(status: BackendStatus | undefined): number | undefined {
  const values = (status?.devices ?? []).flatMap(
    ({ telemetry }) => telemetry.chipTemperatureC ?? [],
  );
  return values.length === 0 ? undefined : Math.max(...values);
}

/** For people: 85 ms, 1.2 s. */
export function formatMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** What a reader waits for: the last completion, else the usual first token of an answer. */
function latencyOf({ completionMs, status }: StatusInput): number | undefined {
  return completionMs ?? status?.latency.chat.firstTokenP50Ms;
}

/** Short: the state while it matters, then what was measured. */
export function barText(input: StatusInput): string {
  const indicator = indicatorOf(input);
  const words = [stateIcons[indicator], 'TPU'];
  switch (indicator) {
    case 'downloading': {
      const fraction = input.download?.fraction;
      words.push(fraction === undefined ? stateName(indicator) : `${Math.floor(fraction * 100)} %`);
      break;
    }
    case 'loading': {
      const percent = loadedPercent(input);
      words.push(stateName(indicator), ...(percent === undefined ? [] : [`${percent} %`]));
      break;
    }
    case 'ready':
    case 'busy': {
      const latency = latencyOf(input);
      words.push(latency === undefined ? stateName(indicator) : formatMs(latency));
      const temperature = temperatureOf(input.status);
      if (temperature !== undefined) words.push(`${Math.round(temperature)} °C`);
      break;
    }
    default:
      words.push(stateName(indicator));
  }
  if (!input.trusted) words.push('$(shield)');
  return words.join(' ');
}

/** All of it for ears: no icons, no abbreviations, and what Enter does. */
export function spokenText(input: StatusInput): string {
  const indicator = indicatorOf(input);
  const sentences = [vscode.l10n.t('TPU Pilot: {0}.', stateName(indicator))];
  const advice = whatToDo(input, indicator);
  if (advice !== undefined) sentences.push(advice);
  const latency = latencyOf(input);
  if ((indicator === 'ready' || indicator === 'busy') && latency !== undefined) {
    sentences.push(vscode.l10n.t('Latency: {0}.', formatMs(latency)));
  }
  const temperature = temperatureOf(input.status);
  if (temperature !== undefined) {
    sentences.push(vscode.l10n.t('Temperature: {0} °C.', Math.round(temperature)));
  }
  if (!input.trusted) sentences.push(vscode.l10n.t('Restricted Mode.'));
  sentences.push(vscode.l10n.t('Press Enter for actions.'));
  return sentences.join(' ');
}
