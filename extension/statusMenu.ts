/** The status bar's tooltip as a list: the same facts and the same actions, for the keyboard. */
import * as vscode from 'vscode';
import { commands } from './commandIds.ts';
import { whatToDo } from './statusAdvice.ts';
import { actionsFor, remediesFor, type StatusAction } from './statusActions.ts';
import { indicatorOf, stateName, type StatusInput } from './statusIndicator.ts';
import { completionRow, statusRows, type StatusRow } from './statusRows.ts';

interface MenuItem extends vscode.QuickPickItem {
  readonly action?: StatusAction;
}

const icons: Readonly<Record<string, string>> = {
  [commands.start]: '$(play)',
  [commands.restart]: '$(debug-restart)',
  [commands.stop]: '$(debug-stop)',
  [commands.setToken]: '$(key)',
  [commands.getDefaultModel]: '$(cloud-download)',
  [commands.manageModels]: '$(sparkle)',
  [commands.showDevices]: '$(circuit-board)',
  [commands.showLog]: '$(output)',
  [commands.openWalkthrough]: '$(book)',
};

function separator(label: string): MenuItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function rowItems({ icon, label, values, actions }: StatusRow): MenuItem[] {
  const description = values.join(' · ');
  return actions.map((action, index) => ({
    label: `${icon} ${action.longTitle ?? action.title}`,
    // The facts once, beside the first command that goes with them.
    ...(index === 0 && { description: `${label}: ${description}` }),
    action,
  }));
}

export function menuItems(input: StatusInput): MenuItem[] {
  const indicator = indicatorOf(input);
  const actions = actionsFor(input, indicator).map((action) => ({
    label: `${icons[action.command] ?? '$(gear)'} ${action.title}`,
    action,
  }));
  const helpful = new Set<string>(remediesFor(indicator));
  const first = actions.filter(({ action }) => helpful.has(action.command));
  const rows = [...statusRows(input), completionRow(input)].flatMap(rowItems);
  const offered = new Set([...first, ...rows].map(({ action }) => action?.command));
  return [
    ...first,
    separator(vscode.l10n.t('Now')),
    ...rows,
    separator(vscode.l10n.t('Backend and settings')),
    ...actions.filter(({ action }) => !offered.has(action.command)),
  ];
}

export async function showStatusMenu(input: StatusInput): Promise<void> {
  const indicator = indicatorOf(input);
  const advice = whatToDo(input, indicator);
  const chosen = await vscode.window.showQuickPick(menuItems(input), {
    title: `TPU Pilot: ${stateName(indicator)}`,
    ...(advice !== undefined && { placeHolder: advice }),
  });
  if (chosen?.action) {
    const { command, argument } = chosen.action;
    await vscode.commands.executeCommand(command, ...(argument === undefined ? [] : [argument]));
  }
}
