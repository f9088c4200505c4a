/** The models of the backend as a list: load one of them, or get another. */
import * as vscode from 'vscode';
import { shownName, totalSize, type ModelInfo } from '../backend/protocol/models.ts';
import type { BackendConnection } from './backendConnection.ts';
import { commands, titleOf } from './commandIds.ts';
import type { ModelSetup } from './modelSetup.ts';
import { formatMemory } from './statusRows.ts';

type Choice =
  | { readonly kind: 'load'; readonly model: ModelInfo }
  | { readonly kind: 'getDefault' }
  | { readonly kind: 'getOther' }
  | { readonly kind: 'convert' };

interface ModelItem extends vscode.QuickPickItem {
  readonly choice?: Choice;
}

function modelItem(model: ModelInfo): ModelItem {
  const size = totalSize(model.files);
  const facts = [model.quantization, formatMemory(size), ...model.aliases];
  return {
    label: `${model.loaded ? '$(check) ' : ''}${shownName(model)}`,
    description: facts.filter((fact) => fact !== undefined).join(' · '),
    detail: model.loaded
      ? vscode.l10n.t('Loaded. From {0}.', model.source)
      : vscode.l10n.t(
          'Choose it to load it, beside those that are loaded. From {0}.',
          model.source,
        ),
    choice: { kind: 'load', model },
  };
}

export function modelItems(models: readonly ModelInfo[]): ModelItem[] {
  return [
    ...models.map(modelItem),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    {
      label: `$(cloud-download) ${titleOf(commands.getDefaultModel)}`,
      choice: { kind: 'getDefault' },
    },
    {
      label: `$(add) ${vscode.l10n.t('Get Another Model…')}`,
      description: 'hf: · ms: · https: · pip:',
      choice: { kind: 'getOther' },
    },
    {
      label: `$(tools) ${titleOf(commands.convertModel)}`,
      description: 'BM1684X',
      choice: { kind: 'convert' },
    },
  ];
}

async function getOther(setup: Pick<ModelSetup, 'getModel'>): Promise<void> {
  const source = await vscode.window.showInputBox({
    title: vscode.l10n.t('Get Another Model…'),
    prompt: vscode.l10n.t('Where the model comes from.'),
    placeHolder: 'hf:Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
    ignoreFocusOut: true,
  });
  if (source !== undefined && source.trim() !== '') await setup.getModel(source.trim());
}

/** Throws what the backend refuses with. */
export async function manageModels(
  backend: Pick<BackendConnection, 'start' | 'ready'>,
  setup: Pick<ModelSetup, 'getModel' | 'load'>,
): Promise<void> {
  // Whoever asks for models wants the backend running.
  backend.start();
  const session = await backend.ready();
  const { models } = await session.request('model/list', null);
  const chosen = await vscode.window.showQuickPick(modelItems(models), {
    title: titleOf(commands.manageModels),
    matchOnDescription: true,
  });
  const { choice } = chosen ?? {};
  switch (choice?.kind) {
    case 'load':
      if (!choice.model.loaded) await setup.load(session, choice.model);
      return;
    case 'getDefault':
      await setup.getModel();
      return;
    case 'getOther':
      await getOther(setup);
      return;
    case 'convert':
      await vscode.commands.executeCommand(commands.convertModel);
      return;
    case undefined:
      return;
    default:
      choice satisfies never;
  }
}
