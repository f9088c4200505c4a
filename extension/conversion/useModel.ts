/** "Use This Model": on the device now, and from now on whenever the backend starts. */
import * as vscode from 'vscode';
import type { BackendSession } from '../backendSession.ts';
import { commands } from '../commandIds.ts';
import type { ModelSetup } from '../modelSetup.ts';
import { inform, warn } from '../notices.ts';
import { setModel } from '../settings.ts';
import { isConverted } from './chooseModel.ts';

async function hasCard(session: BackendSession): Promise<boolean> {
  const { devices } = await session.request('device/list', null);
  return devices.some(({ kind }) => kind !== 'cpu');
}

/** Throws what the backend refuses with. */
export async function useModel(
  session: BackendSession,
  setup: Pick<ModelSetup, 'load'>,
  name: string,
): Promise<void> {
  const model = await session.request('model/info', { model: name });
  if (isConverted(model) && !(await hasCard(session))) {
    await warn(
      vscode.l10n.t(
        "{0} runs on a BM1684X card, and the backend's machine has none. It stays in the store, in {1}: copy that folder to a machine with a card and add it there.",
        model.id,
        model.path,
      ),
      commands.showDevices,
    );
    return;
  }
  await setup.load(session, model);
  // The settings of this machine say nothing to a backend elsewhere.
  if (!session.remote) await setModel(model.id);
  await inform(vscode.l10n.t('{0} is loaded, and answers from now on.', model.id));
}
