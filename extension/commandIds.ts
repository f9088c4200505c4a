/** Ids of the contributed commands; a test compares them with package.json. */
import * as vscode from 'vscode';

export const commands = {
  showMenu: 'tpuPilot.showMenu',
  start: 'tpuPilot.start',
  stop: 'tpuPilot.stop',
  restart: 'tpuPilot.restart',
  showLog: 'tpuPilot.showLog',
  setToken: 'tpuPilot.setToken',
  getDefaultModel: 'tpuPilot.getDefaultModel',
  toggleInlineCompletion: 'tpuPilot.toggleInlineCompletion',
} as const;

export type CommandId = (typeof commands)[keyof typeof commands];

/** For buttons, links and menus, where the category "TPU Pilot" would be noise. */
export function titleOf(command: CommandId): string {
  switch (command) {
    case commands.showMenu:
      return vscode.l10n.t('Show Actions');
    case commands.start:
      return vscode.l10n.t('Start Backend');
    case commands.stop:
      return vscode.l10n.t('Stop Backend');
    case commands.restart:
      return vscode.l10n.t('Restart Backend');
    case commands.showLog:
      return vscode.l10n.t('Show Log');
    case commands.setToken:
      return vscode.l10n.t('Set Backend Token');
    case commands.getDefaultModel:
      return vscode.l10n.t('Get the Default Model');
    case commands.toggleInlineCompletion:
      return vscode.l10n.t('Turn Inline Completion On or Off');
    default:
      return command satisfies never;
  }
}
