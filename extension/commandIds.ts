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
  manageModels: 'tpuPilot.manageModels',
  showDevices: 'tpuPilot.showDevices',
  openWalkthrough: 'tpuPilot.openWalkthrough',
  tryCompletion: 'tpuPilot.tryCompletion',
  applyAnswer: 'tpuPilot.applyAnswer',
  acceptChange: 'tpuPilot.acceptChange',
  discardChange: 'tpuPilot.discardChange',
  writeCommitMessage: 'tpuPilot.writeCommitMessage',
  setUpNativeChat: 'tpuPilot.setUpNativeChat',
  undoNativeChat: 'tpuPilot.undoNativeChat',
  openAgent: 'tpuPilot.openAgent',
  toggleInlineCompletion: 'tpuPilot.toggleInlineCompletion',
  pauseCompletion: 'tpuPilot.pauseCompletion',
  whyNoSuggestion: 'tpuPilot.whyNoSuggestion',
  showCompletionStatistics: 'tpuPilot.showCompletionStatistics',
  deleteCompletionStatistics: 'tpuPilot.deleteCompletionStatistics',
  convertModel: 'tpuPilot.convertModel',
  verifyModel: 'tpuPilot.verifyModel',
  predictPerformance: 'tpuPilot.predictPerformance',
  showModelReport: 'tpuPilot.showModelReport',
  showJobs: 'tpuPilot.showJobs',
  installToolchain: 'tpuPilot.installToolchain',
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
    case commands.manageModels:
      return vscode.l10n.t('Manage Models');
    case commands.showDevices:
      return vscode.l10n.t('Show Devices');
    case commands.openWalkthrough:
      return vscode.l10n.t('Open Walkthrough');
    case commands.tryCompletion:
      return vscode.l10n.t('Try a Completion');
    case commands.applyAnswer:
      return vscode.l10n.t('Apply the Last Answer');
    case commands.acceptChange:
      return vscode.l10n.t('Apply Change');
    case commands.discardChange:
      return vscode.l10n.t('Discard Change');
    case commands.writeCommitMessage:
      return vscode.l10n.t('Write Commit Message');
    case commands.setUpNativeChat:
      return vscode.l10n.t('Set Up Native Chat');
    case commands.undoNativeChat:
      return vscode.l10n.t('Undo Native Chat Set-Up');
    case commands.openAgent:
      return vscode.l10n.t('Open Agent');
    case commands.toggleInlineCompletion:
      return vscode.l10n.t('Turn Inline Completion On or Off');
    case commands.pauseCompletion:
      return vscode.l10n.t('Pause or Resume Inline Completion');
    case commands.whyNoSuggestion:
      return vscode.l10n.t('Why No Suggestion?');
    case commands.showCompletionStatistics:
      return vscode.l10n.t('Show Completion Statistics');
    case commands.deleteCompletionStatistics:
      return vscode.l10n.t('Delete Completion Statistics');
    case commands.convertModel:
      return vscode.l10n.t('Convert Model');
    case commands.verifyModel:
      return vscode.l10n.t('Verify Model');
    case commands.predictPerformance:
      return vscode.l10n.t('Predict Performance');
    case commands.showModelReport:
      return vscode.l10n.t('Show Model Report');
    case commands.showJobs:
      return vscode.l10n.t('Show Jobs');
    case commands.installToolchain:
      return vscode.l10n.t('Install Toolchain');
    default:
      return command satisfies never;
  }
}
