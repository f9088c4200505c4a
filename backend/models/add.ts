/** `model add`: a model that stays where it is; the store keeps a reference. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import type { AddParams, ModelInfo } from '../protocol/models.ts';
import { addCompiled, findCompiled } from './addCompiled.ts';
import { inspectModel } from './inspect.ts';
import type { PullListener } from './pullContext.ts';
import { existingReference, hashFiles, installReference } from './reference.ts';
import { showSource, sourceDigest, type PathSource } from './source.ts';
import { findLocalModel } from './sources/path.ts';
import type { ModelStore } from './store.ts';

/**
 * @throws PilotError sourceInvalid, modelInvalid, modelExists, homeNotWritable, cancelled; of a
 * bmodel also wrongChip, unsupportedModel, modelDamaged
 */
export async function addModel(
  store: ModelStore,
  params: AddParams,
  listener: PullListener,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const { path: given, alias, tokenizer } = params;
  const compiled = await findCompiled(given);
  if (compiled) return addCompiled(store, compiled, params, listener, signal);
  if (tokenizer !== undefined) {
    const isThere = await stat(given).then(
      () => true,
      () => false,
    );
    const reason = isThere
      ? 'a tokenizer is named for a bmodel only, and this is none'
      : 'there is no such file or folder';
    throw new PilotError('sourceInvalid', { source: given, reason });
  }
  const local = await findLocalModel(given);
  const onlyFile = local.files.length === 1 ? local.files[0]?.name : undefined;
  const source: PathSource = { kind: 'path', path: path.join(local.folder, onlyFile ?? '') };
  const digest = sourceDigest(source, 'add');
  const existing = await existingReference(store, source, digest, alias, listener);
  if (existing) return existing;
  const names = local.files.map((file) => file.name);
  const facts = await inspectModel(local.folder, names);
  const files = await hashFiles(local.folder, local.files, listener, signal);
  return installReference(store, digest, { name: local.name, alias }, signal, () =>
    Promise.resolve({
      ...facts,
      source: showSource(source),
      sourceDigest: digest,
      location: local.folder,
      files,
    }),
  );
}
