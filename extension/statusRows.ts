/** What is known of the backend, as rows of the tooltip: each with the commands that go further. */
import * as vscode from 'vscode';
import type { BackendStatus } from '../backend/protocol/backend.ts';
import type { DeviceInfo, DeviceState } from '../backend/protocol/devices.ts';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import { ours, type StatusAction } from './statusActions.ts';
import type { StatusInput } from './statusIndicator.ts';
import { formatMs } from './statusText.ts';

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

type MemoryHeap = NonNullable<DeviceInfo['telemetry']['heaps']>[number];

/** Names of heaps are the devices' own, but for the one that is no device's. */
function heapName(name: string): string {
  return name === 'host memory' ? vscode.l10n.t('memory of the machine') : name;
}

export function heapText({ name, usedBytes, totalBytes }: MemoryHeap): string {
  return vscode.l10n.t(
    '{0}: {1} of {2}',
    heapName(name),
    formatMemory(usedBytes),
    formatMemory(totalBytes),
  );
}

export function deviceStateName(state: DeviceState): string {
  switch (state) {
    case 'starting':
      return vscode.l10n.t('starting');
    case 'loading':
      return vscode.l10n.t('loading model');
    case 'ready':
      return vscode.l10n.t('ready');
    case 'restarting':
      return vscode.l10n.t('restarting');
    case 'failed':
      return vscode.l10n.t('failed');
    default:
      return state satisfies never;
  }
}

/** A model is one, on however many devices it is: its slots are those of all together. */
function modelValues({ devices }: BackendStatus): string[] {
  const models = devices.flatMap((device) => device.models);
  return [...new Set(models.map(({ id }) => id))].flatMap((id) => {
    const copies = models.filter((model) => model.id === id);
    const sum = (key: 'activeSlots' | 'slots'): number =>
      copies.reduce((total, model) => total + model[key], 0);
    return copies
      .slice(0, 1)
      .flatMap(({ name, contextLength }) => [
        name,
        vscode.l10n.t('{0} tokens of context', contextLength),
        vscode.l10n.t('{0} of {1} slots in use', sum('activeSlots'), sum('slots')),
      ]);
  });
}

/** Names are alike for chips of one kind: several devices are told apart by their ids. */
export function deviceName({ id, name }: DeviceInfo, devices: readonly DeviceInfo[]): string {
  return devices.length > 1 ? vscode.l10n.t('{0}: {1}', id, name) : name;
}

function deviceValues({ devices }: BackendStatus): string[] {
  return devices.map((device) => {
    const name = deviceName(device, devices);
    const saysKind = device.name.toLowerCase().includes(device.kind);
    const text = saysKind ? name : vscode.l10n.t('{0} ({1})', name, device.kind);
    return device.state === 'ready' ? text : `${text}, ${deviceStateName(device.state)}`;
  });
}

/** What one device says, behind its id when there are several. */
function valuesByDevice(
  { devices }: BackendStatus,
  valuesOf: (device: DeviceInfo) => readonly string[],
): string[] {
  if (devices.length === 1) return devices.flatMap(valuesOf);
  return devices.flatMap((device) => {
    const values = valuesOf(device);
    return values.length === 0 ? [] : [vscode.l10n.t('{0}: {1}', device.id, values.join(', '))];
  });
}

function memoryValues(status: BackendStatus): string[] {
  const { residentBytes, devices } = status;
  const hosts = devices.flatMap(({ telemetry }) => telemetry.residentBytes ?? []);
  const own = [vscode.l10n.t('backend {0}', formatMemory(residentBytes))];
  if (hosts.length > 0) {
    const sum = hosts.reduce((total, bytes) => total + bytes, 0);
    own.push(vscode.l10n.t('device process {0}', formatMemory(sum)));
  }
  const heaps = valuesByDevice(status, ({ kind, telemetry }) =>
    // The heap of the CPU is the machine's own memory: others use it too.
    kind === 'cpu' ? [] : (telemetry.heaps ?? []).map(heapText),
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

function climateOf({ telemetry }: DeviceInfo): string[] {
  const { chipTemperatureC, boardTemperatureC, powerW, boardPowerW, utilization } = telemetry;
  const values: string[] = [];
  if (chipTemperatureC !== undefined) values.push(`${Math.round(chipTemperatureC)} °C`);
  if (powerW !== undefined) values.push(`${Math.round(powerW)} W`);
  if (utilization !== undefined) {
    values.push(vscode.l10n.t('{0} % load', Math.round(utilization * 100)));
  }
  if (boardTemperatureC !== undefined) {
    values.push(vscode.l10n.t('board {0}', `${Math.round(boardTemperatureC)} °C`));
  }
  if (boardPowerW !== undefined) {
    values.push(vscode.l10n.t('board {0}', `${Math.round(boardPowerW)} W`));
  }
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
      values: deviceValues(status),
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
      label: vscode.l10n.t('Temperature, power, load'),
      values: valuesByDevice(status, climateOf),
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
