/** Which of the store's models a command is about. */
import * as vscode from 'vscode';
import type { ModelInfo } from '../../backend/protocol/models.ts';
import type { BackendSession } from '../backendSession.ts';
import { commands, titleOf, type CommandId } from '../commandIds.ts';
import { offer } from '../notices.ts';

interface ModelItem extends vscode.QuickPickItem {
  readonly model?: ModelInfo;
  /** A folder of the machine instead. */
  readonly isBrowse?: boolean;
}

export function isConverted({ format }: ModelInfo): boolean {
  return format === 'bmodel';
}

function item(model: ModelInfo): ModelItem {
  return {
    label: model.id,
    description: [model.displayName, model.quantization, ...model.aliases]
      .filter((fact) => fact !== undefined)
      .join(' · '),
    detail: model.path,
    model,
  };
}

/**
 * The id of a model or the path of a folder; undefined when the person chose none.
 * Throws what the backend refuses with.
 */
export async function chooseModel(
  session: BackendSession,
  command: CommandId,
  fits: (model: ModelInfo) => boolean,
): Promise<string | undefined> {
  const { models } = await session.request('model/list', null);
  const fitting = models.filter(fits);
  if (fitting.length === 0 && session.remote) {
    await offer(vscode.l10n.t('The store has no such model yet.'), {
      title: titleOf(commands.convertModel),
      run: () => vscode.commands.executeCommand(commands.convertModel),
    });
    return undefined;
  }
  const browse: ModelItem = {
    label: `$(folder-opened) ${vscode.l10n.t('Browse Folder…')}`,
    isBrowse: true,
  };
  const items = [...fitting.map(item), ...(session.remote ? [] : [browse])];
  const chosen = await vscode.window.showQuickPick(items, {
    title: titleOf(command),
    placeHolder: vscode.l10n.t('Choose a model.'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (chosen?.isBrowse !== true) return chosen?.model?.id;
  const [folder] =
    (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false })) ?? [];
  return folder?.fsPath;
}
