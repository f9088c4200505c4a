/** `model add`: a model that stays where it is; the store keeps a reference. */
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { PilotError } from '../protocol/errors.ts';
import { totalSize, type AddParams, type ModelInfo } from '../protocol/models.ts';
import { makeFolder } from './disk.ts';
import { inspectModel } from './inspect.ts';
import { withLock } from './locks.ts';
import { hashFile } from './partFile.ts';
import type { PullListener, StoredFile } from './pullContext.ts';
import { showSource, sourceDigest, type PathSource } from './source.ts';
import { findLocalModel } from './sources/path.ts';
import { Staging } from './staging.ts';
import type { ModelStore } from './store.ts';

/** @throws PilotError sourceInvalid, modelInvalid, modelExists, homeNotWritable, cancelled */
export async function addModel(
  store: ModelStore,
  { path: given, alias }: AddParams,
  listener: PullListener,
  signal: AbortSignal,
): Promise<ModelInfo> {
  const local = await findLocalModel(given);
  const onlyFile = local.files.length === 1 ? local.files[0]?.name : undefined;
  const source: PathSource = { kind: 'path', path: path.join(local.folder, onlyFile ?? '') };
  const digest = sourceDigest(source, 'add');
  const existing = await store.findBySource(digest);
  if (alias !== undefined) await store.requireFreeAlias(alias, existing?.id);
  if (existing) {
    listener.onNotice(`${showSource(source)} is in the store already, as ${existing.id}.`);
    return alias === undefined ? existing : store.addAlias(existing.id, alias);
  }

  const names = local.files.map((file) => file.name);
  const facts = await inspectModel(local.folder, names);
  const totalBytes = totalSize(local.files);
  let doneBytes = 0;
  const files: StoredFile[] = [];
  for (const { name, size } of local.files) {
    const count = (bytes: number): void => {
      doneBytes += bytes;
      listener.onProgress({ step: `Checking ${name}`, doneBytes, totalBytes });
    };
    const sha256 = await hashFile(path.join(local.folder, name), signal, count).catch(
      (error: unknown) => {
        throw signal.aborted ? new PilotError('cancelled', {}, { cause: error }) : error;
      },
    );
    files.push({ name, size, sha256 });
  }

  const { downloads } = homePaths(store.home);
  await makeFolder(downloads);
  const folder = path.join(downloads, digest.slice(0, 16));
  return withLock(folder, { signal }, async () => {
    const staging = await Staging.open(folder);
    const draft = {
      ...facts,
      source: showSource(source),
      sourceDigest: digest,
      location: local.folder,
      files,
    };
    const model = await store.install(staging.files, draft, { name: local.name, alias });
    await staging.remove();
    return model;
  });
}
