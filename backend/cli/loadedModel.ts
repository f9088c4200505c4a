/** A backend that was started before its model came is asked to load it now. */
import type { BackendClient } from '../client/backendClient.ts';
import { DEFAULT_ALIAS } from '../models/defaultModel.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { note, type Io } from './io.ts';

/**
 * Loads the model of that id or alias; without a name, the default one unless any is loaded. What
 * cannot be found is left to the request that follows, whose error says it best.
 * @throws RemoteError forbidden, outOfMemory, unsupportedModel, modelInvalid
 */
export async function ensureLoaded(
  io: Io,
  client: Pick<BackendClient, 'request'>,
  name: string | undefined,
): Promise<void> {
  const { models } = await client.request('model/list', null);
  const wanted = name ?? (models.some(({ loaded }) => loaded) ? undefined : DEFAULT_ALIAS);
  const model = models.find(({ id, aliases }: ModelInfo) =>
    wanted === undefined ? false : id === wanted || aliases.includes(wanted),
  );
  if (!model || model.loaded) return;
  note(io, `Loading ${model.id}.`);
  await client.request('model/load', { model: model.id }, io.interrupted);
}
