/** What the status bar offers: in each state what helps most, then what is always there. */
import * as vscode from 'vscode';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import type { Indicator, StatusInput } from './statusIndicator.ts';

/** A command as a link or as a line of the menu. */
export interface StatusAction {
  readonly title: string;
  /** Where it doesn't stand beside what it is about. */
  readonly longTitle?: string;
  readonly command: string;
  /** Passed to the command; JSON. */
  readonly argument?: string;
}

const EXTENSION_ID = 'tpu-pilot.tpu-pilot';

export function ours(command: CommandId): StatusAction {
  return { command, title: titleOf(command) };
}

function openSettings(): StatusAction {
  const command = 'workbench.action.openSettings';
  return { command, title: vscode.l10n.t('Settings'), argument: `@ext:${EXTENSION_ID}` };
}

function manageTrust(): StatusAction {
  return { command: 'workbench.trust.manage', title: vscode.l10n.t('Manage Workspace Trust') };
}

/** What helps in this state, most likely first. */
export function remediesFor(indicator: Indicator): CommandId[] {
  switch (indicator) {
    case 'stopped':
      return [commands.start];
    case 'failed':
      return [commands.start, commands.setToken];
    case 'otherVersion':
      return [commands.restart];
    case 'noModel':
      return [commands.getDefaultModel, commands.manageModels];
    case 'outOfMemory':
      return [commands.manageModels, commands.restart];
    case 'degraded':
      return [commands.restart, commands.showDevices];
    case 'downloading':
    case 'paused':
    case 'loading':
    case 'starting':
    case 'reconnecting':
    case 'stopping':
    case 'busy':
    case 'ready':
      return [];
    default:
      return indicator satisfies never;
  }
}

/** Commands of the tooltip's last line, and the rest of the menu. */
export function actionsFor(
  input: Pick<StatusInput, 'trusted'>,
  indicator: Indicator,
): StatusAction[] {
  const isUp = indicator !== 'stopped' && indicator !== 'failed' && indicator !== 'otherVersion';
  const lifecycle = isUp ? [commands.restart, commands.stop] : [];
  const own = [...remediesFor(indicator), ...lifecycle, commands.showLog, commands.openWalkthrough];
  return [
    ...[...new Set<CommandId>(own)].map(ours),
    ...(input.trusted ? [] : [manageTrust()]),
    openSettings(),
  ];
}
