/** What is known of the backend, as rows of the tooltip: each with the commands that go further. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import type { DeviceInfo } from '../backend/protocol/devices.ts';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import { ours, type StatusAction } from './statusActions.ts';
import type { StatusInput } from './statusIndicator.ts';
import { formatMs, temperatureOf } from './statusText.ts';

export interface StatusRow {
  readonly icon: string;
  readonly label: string;
  /** Plain text; never empty. */
  readonly values: readonly string[];
  readonly actions: readonly StatusAction[];
}

/** A command whose row says what it is about. */
function short(command: CommandId, title: string): StatusAction {
  return { ...ours(command), title, longTitle: titleOf(command) };
}

/** Binary, as memory is: 412 MB, 1.5 GB. */
export function formatMemory(bytes: number): string {
  const megabytes = bytes / 1024 / 1024;
  return megabytes < 1000 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}

/** Names of heaps are the devices' own, but for the one that is no device's. */
export function heapName(name: string): string {
  return name === 'host memory' ? vscode.l10n.t('memory of the machine') : name;
}

function modelValues({ devices }: BackendStatus): string[] {
  return devices.flatMap(({ models }) =>
    models.flatMap(({ name, contextLength, activeSlots, slots }) => [
      name,
      vscode.l10n.t('{0} tokens of context', contextLength),
      vscode.l10n.t('{0} of {1} slots in use', activeSlots, slots),
    ]),
  );
}

function deviceValue({ name, kind }: DeviceInfo): string {
  return vscode.l10n.t('{0} ({1})', name, kind);
}

function memoryValues({ residentBytes, devices }: BackendStatus): string[] {
  const hosts = devices.flatMap(({ telemetry }) => telemetry.residentBytes ?? []);
  const own = [vscode.l10n.t('backend {0}', formatMemory(residentBytes))];
  if (hosts.length > 0) {
    const sum = hosts.reduce((total, bytes) => total + bytes, 0);
    own.push(vscode.l10n.t('device process {0}', formatMemory(sum)));
  }
  const heaps = devices
    // The heap of the CPU is the machine's own memory: others use it too.
    .filter(({ kind }) => kind !== 'cpu')
    .flatMap(({ telemetry }) => telemetry.heaps ?? [])
    .map(({ name, usedBytes, totalBytes }) =>
      vscode.l10n.t('{0}: {1} of {2}', name, formatMemory(usedBytes), formatMemory(totalBytes)),
    );
  return [...own, ...heaps];
}

function latencyValues({ completionMs, status }: StatusInput): string[] {
  const { completion, chat } = status?.latency ?? {};
  const values: string[] = [];
  if (completionMs !== undefined) {
    values.push(vscode.l10n.t('last completion {0}', formatMs(completionMs)));
  }
  if (completion?.totalP50Ms !== undefined && completion.totalP95Ms !== undefined) {
    const { totalP50Ms, totalP95Ms } = completion;
    values.push(
      vscode.l10n.t('completions p50 {0}, p95 {1}', formatMs(totalP50Ms), formatMs(totalP95Ms)),
    );
  }
  if (chat?.firstTokenP50Ms !== undefined) {
    values.push(vscode.l10n.t('chat: first token p50 {0}', formatMs(chat.firstTokenP50Ms)));
  }
  if (chat?.tokensPerSecond !== undefined) {
    values.push(vscode.l10n.t('chat: {0} tokens/s', chat.tokensPerSecond.toFixed(1)));
  }
  return values;
}

function climateValues(status: BackendStatus): string[] {
  const temperature = temperatureOf(status);
  const watts = status.devices.flatMap(({ telemetry }) => telemetry.powerW ?? []);
  const values: string[] = [];
  if (temperature !== undefined) values.push(`${Math.round(temperature)} °C`);
  if (watts.length > 0) values.push(`${Math.round(watts.reduce((a, b) => a + b))} W`);
  return values;
}

/** Rows that have something to say; none without a connection. */
export function statusRows(input: StatusInput): StatusRow[] {
  const { status } = input;
  if (input.supervision.phase !== 'connected' || !status) return [];
  const rows: StatusRow[] = [
    {
      icon: '$(sparkle)',
      label: vscode.l10n.t('Model'),
      values: modelValues(status),
      actions: [ours(commands.manageModels)],
    },
    {
      icon: '$(circuit-board)',
      label: vscode.l10n.t('Device'),
      values: status.devices.map(deviceValue),
      actions: [ours(commands.showDevices)],
    },
    {
      icon: '$(list-ordered)',
      label: vscode.l10n.t('Queue'),
      values: [vscode.l10n.t('{0} running, {1} waiting', status.running, status.waiting)],
      actions: [ours(commands.showLog)],
    },
    {
      icon: '$(database)',
      label: vscode.l10n.t('Memory'),
      values: memoryValues(status),
      actions: [],
    },
    {
      icon: '$(dashboard)',
      label: vscode.l10n.t('Latency'),
      values: latencyValues(input),
      actions: [short(commands.showCompletionStatistics, vscode.l10n.t('Statistics'))],
    },
    {
      icon: '$(flame)',
      label: vscode.l10n.t('Temperature and power'),
      values: climateValues(status),
      actions: [],
    },
  ];
  return rows.filter(({ values }) => values.length > 0);
}

/** Shown in every state: it can be switched while the backend is away. */
export function completionRow({ inlineCompletion, paused }: StatusInput): StatusRow {
  const on = paused ? vscode.l10n.t('paused') : vscode.l10n.t('on');
  const toggle = short(
    commands.toggleInlineCompletion,
    inlineCompletion ? vscode.l10n.t('Turn Off') : vscode.l10n.t('Turn On'),
  );
  const pause = short(
    commands.pauseCompletion,
    paused ? vscode.l10n.t('Resume') : vscode.l10n.t('Pause'),
  );
  return {
    icon: '$(edit)',
    label: vscode.l10n.t('Inline completion'),
    values: [inlineCompletion ? on : vscode.l10n.t('off')],
    actions: [ours(commands.whyNoSuggestion), ...(inlineCompletion ? [pause] : []), toggle],
  };
}
