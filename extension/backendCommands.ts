/**
 * The contributed commands. Each exists in every state, and says why when it can't do its work.
 */
import * as vscode from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import type { BackendToken } from './backendToken.ts';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import type { ModelSetup } from './modelSetup.ts';
import { inform, showProblem } from './notices.ts';
import { backendSettings, inlineCompletionSettings, setInlineCompletion } from './settings.ts';
import { manageModels } from './modelPicker.ts';
import type { StatusBar } from './statusBar.ts';
import { showDevices } from './deviceReport.ts';
import { openWalkthrough, tryCompletion } from './walkthrough.ts';

/** What each command does; rejections are told to the person. */
export type CommandHandlers = Readonly<
  Partial<Record<CommandId, (...args: unknown[]) => Promise<void> | void>>
>;

export interface CommandParts {
  readonly backend: BackendConnection;
  readonly token: BackendToken;
  readonly models: ModelSetup;
  readonly statusBar: StatusBar;
  readonly log: vscode.LogOutputChannel;
  /** Of commands that other parts carry out. */
  readonly others?: CommandHandlers;
}

async function start({ backend }: CommandParts): Promise<void> {
  if (backend.session) {
    await inform(vscode.l10n.t('The backend is running already.'), commands.restart);
    return;
  }
  backend.start();
}

async function stop({ backend }: CommandParts): Promise<void> {
  const outcome = await backend.stop();
  switch (outcome) {
    case 'stopped':
      return;
    case 'disconnected':
      await inform(
        vscode.l10n.t('Disconnected. The backend goes on: it belongs to another machine.'),
        commands.start,
      );
      return;
    case 'alreadyStopped':
      await inform(vscode.l10n.t('The backend is not running.'), commands.start);
      return;
    default:
      outcome satisfies never;
  }
}

async function setToken({ backend, token }: CommandParts): Promise<void> {
  const { url } = backendSettings();
  if (url === '') {
    const open = vscode.l10n.t('Open Settings');
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        'The backend of this machine needs no token. For another machine, set tpuPilot.backend.url first.',
      ),
      open,
    );
    if (chosen === open) {
      await vscode.commands.executeCommand('workbench.action.openSettings', 'tpuPilot.backend.url');
    }
    return;
  }
  const entered = await vscode.window.showInputBox({
    title: titleOf(commands.setToken),
    prompt: vscode.l10n.t('Token for {0}. Leave it empty to forget the one that is stored.', url),
    password: true,
    ignoreFocusOut: true,
  });
  if (entered === undefined) return;
  await token.set(url, entered);
  await backend.restart();
}

async function toggleInlineCompletion(): Promise<void> {
  const enabled = !inlineCompletionSettings().enabled;
  await setInlineCompletion(enabled);
  vscode.window.setStatusBarMessage(
    enabled
      ? vscode.l10n.t('TPU Pilot: inline completion is on')
      : vscode.l10n.t('TPU Pilot: inline completion is off'),
    3000,
  );
}

function handlers(parts: CommandParts): CommandHandlers {
  return {
    [commands.showMenu]: () => parts.statusBar.showMenu(),
    [commands.start]: () => start(parts),
    [commands.stop]: () => stop(parts),
    [commands.restart]: () => parts.backend.restart(),
    [commands.showLog]: () => parts.log.show(),
    [commands.setToken]: () => setToken(parts),
    [commands.getDefaultModel]: () => {
      // From a stopped backend too: whoever asks for a model wants it running.
      parts.backend.start();
      return parts.models.getModel();
    },
    [commands.manageModels]: () => manageModels(parts.backend, parts.models),
    [commands.showDevices]: () => showDevices(parts.backend),
    [commands.openWalkthrough]: openWalkthrough,
    [commands.tryCompletion]: tryCompletion,
    [commands.toggleInlineCompletion]: toggleInlineCompletion,
  };
}

export function registerCommands(parts: CommandParts): vscode.Disposable[] {
  return Object.entries({ ...handlers(parts), ...parts.others }).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        await handler(...args);
      } catch (error) {
        parts.log.error(error instanceof Error ? error : String(error));
        await showProblem(error);
      }
    }),
  );
}
