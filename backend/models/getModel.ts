/** `model pull` as people and programs ask for it: a source in words, or `default`. */
import type { ModelInfo, PullParams } from '../protocol/models.ts';
import { DEFAULT_ALIAS, pullDefault } from './defaultModel.ts';
import { pullModel } from './pull.ts';
import type { PullEdges, PullListener } from './pullContext.ts';
import { parseSource } from './source.ts';
import type { ModelStore } from './store.ts';

/** @throws PilotError of the 12xx codes, homeNotWritable, configInvalid, cancelled */
export async function getModel(
  store: ModelStore,
  { source, alias, upgrade = false }: PullParams,
  listener: PullListener,
  signal: AbortSignal,
  edges: PullEdges,
): Promise<ModelInfo> {
  if (source !== DEFAULT_ALIAS) {
    return pullModel(store, { source: parseSource(source), alias }, listener, signal, edges);
  }
  const model = await pullDefault(store, upgrade, listener, signal, edges);
  return alias === undefined ? model : store.addAlias(model.id, alias);
}
