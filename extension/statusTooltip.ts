/** The status bar's tooltip. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import { problemOf, sentenceOf } from './problems.ts';
import { formatMs, indicatorOf, stateName, temperatureOf, type StatusInput } from './statusText.ts';

/** Names come from model files: they are text here, not Markdown. */
function escape(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, String.raw`\$&`).replace(/\s+/g, ' ');
}

function latencyLines(input: StatusInput): string[] {
  const { latency } = input.status ?? {};
  const lines: string[] = [];
  if (input.completionMs !== undefined) {
    lines.push(vscode.l10n.t('Last completion: {0}', formatMs(input.completionMs)));
  }
  const { totalP50Ms, totalP95Ms } = latency?.completion ?? {};
  if (totalP50Ms !== undefined && totalP95Ms !== undefined) {
    lines.push(
      vscode.l10n.t('Completions: p50 {0}, p95 {1}', formatMs(totalP50Ms), formatMs(totalP95Ms)),
    );
  }
  const { firstTokenP50Ms, tokensPerSecond } = latency?.chat ?? {};
  if (firstTokenP50Ms !== undefined) {
    lines.push(vscode.l10n.t('Chat: first token p50 {0}', formatMs(firstTokenP50Ms)));
  }
  if (tokensPerSecond !== undefined) {
    lines.push(vscode.l10n.t('Chat: {0} tokens/s', tokensPerSecond.toFixed(1)));
  }
  return lines;
}

function deviceLines(status: BackendStatus): string[] {
  return status.devices.flatMap((device) => [
    vscode.l10n.t('Device: {0} ({1})', escape(device.name), escape(device.id)) +
      (device.detail === undefined ? '' : ` – ${escape(device.detail)}`),
    ...device.models.map((model) =>
      vscode.l10n.t(
        'Model: {0}, {1} tokens of context, {2} of {3} slots in use',
        escape(model.name),
        model.contextLength,
        model.activeSlots,
        model.slots,
      ),
    ),
  ]);
}

/** Markdown for the tooltip, without the command links. */
export function tooltipText(input: StatusInput): string {
  const { supervision, status } = input;
  const lines: string[] = [];
  if (supervision.phase === 'failed' || supervision.phase === 'waiting') {
    lines.push(escape(sentenceOf(problemOf(supervision.error))));
  }
  if (input.remoteUrl !== undefined) {
    lines.push(vscode.l10n.t('Backend: {0}', escape(input.remoteUrl)));
  }
  if (supervision.phase === 'connected' && status) {
    lines.push(...deviceLines(status));
    lines.push(vscode.l10n.t('Queue: {0} running, {1} waiting', status.running, status.waiting));
    lines.push(...latencyLines(input));
    const temperature = temperatureOf(status);
    if (temperature !== undefined) {
      lines.push(vscode.l10n.t('Temperature: {0} °C', Math.round(temperature)));
    }
    const megabytes = Math.round(status.residentBytes / 1024 / 1024);
    lines.push(vscode.l10n.t('Backend memory: {0} MB', megabytes));
  }
  lines.push(
    input.inlineCompletion
      ? vscode.l10n.t('Inline completion: on')
      : vscode.l10n.t('Inline completion: off'),
  );
  return [`**TPU Pilot** – ${stateName(indicatorOf(input))}`, ...lines].join('\n\n');
}
