/** The store as the backend's clients see it: with what is loaded now. */
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import type { AddParams, ModelInfo } from '../protocol/models.ts';
import { addModel } from './add.ts';
import type { ModelStore } from './store.ts';

export interface ModelService {
  list(): Promise<ModelInfo[]>;
  /** @throws PilotError modelNotFound, modelInvalid */
  get(name: string): Promise<ModelInfo>;
  /** @throws PilotError as `addModel`; sourceInvalid for a relative path */
  add(params: AddParams): Promise<ModelInfo>;
  /** @throws PilotError modelNotFound, modelInUse */
  remove(name: string): Promise<void>;
}

/** @param isLoaded says of an id whether a device has it. */
export function createModelService(
  store: ModelStore,
  isLoaded: (id: string) => boolean,
): ModelService {
  const withLoaded = (model: ModelInfo): ModelInfo => ({ ...model, loaded: isLoaded(model.id) });
  return {
    list: async () => (await store.list()).map(withLoaded),
    get: async (name) => withLoaded(await store.get(name)),
    add: async (params) => {
      requireAbsolute(params.path);
      if (params.tokenizer !== undefined) requireAbsolute(params.tokenizer);
      // A request answers once: there is nobody to hear of progress.
      const nobody = { onProgress: () => undefined, onNotice: () => undefined };
      return withLoaded(await addModel(store, params, nobody, new AbortController().signal));
    },
    remove: (name) => store.remove(name, isLoaded),
  };
}

/**
 * Where the model of that id or alias is, or the absolute path itself.
 * @throws PilotError sourceInvalid
 */
export async function locateModel(store: ModelStore, given: string): Promise<string> {
  const model = await store.find(given);
  if (!model) requireAbsolute(given);
  return model?.path ?? given;
}

/** The backend's working folder means nothing to a client. @throws PilotError sourceInvalid */
export function requireAbsolute(given: string): void {
  if (path.isAbsolute(given)) return;
  const reason = 'a path must be absolute here';
  throw new PilotError('sourceInvalid', { source: given, reason });
}
