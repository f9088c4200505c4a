/** What adding a model in place takes, whatever its format: sums of its files, and a reference. */
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { PilotError } from '../protocol/errors.ts';
import { totalSize, type ModelInfo } from '../protocol/models.ts';
import { makeFolder } from './disk.ts';
import { withLock } from './locks.ts';
import { hashFile } from './partFile.ts';
import type { PullListener, StoredFile } from './pullContext.ts';
import { showSource, type ModelSource } from './source.ts';
import { Staging } from './staging.ts';
import type { InstallOptions, ManifestDraft, ModelStore } from './store.ts';

/**
 * The model that came from that source before, with the alias as a further name.
 * @throws PilotError modelExists when another model has the alias
 */
export async function existingReference(
  store: ModelStore,
  source: ModelSource,
  digest: string,
  alias: string | undefined,
  listener: PullListener,
): Promise<ModelInfo | undefined> {
  const existing = await store.findBySource(digest);
  if (alias !== undefined) await store.requireFreeAlias(alias, existing?.id);
  if (!existing) return undefined;
  listener.onNotice(`${showSource(source)} is in the store already, as ${existing.id}.`);
  return alias === undefined ? existing : store.addAlias(existing.id, alias);
}

/** @throws PilotError cancelled */
export async function hashFiles(
  folder: string,
  files: readonly { readonly name: string; readonly size: number }[],
  listener: PullListener,
  signal: AbortSignal,
): Promise<StoredFile[]> {
  const totalBytes = totalSize(files);
  let doneBytes = 0;
  const stored: StoredFile[] = [];
  for (const { name, size } of files) {
    const count = (bytes: number): void => {
      doneBytes += bytes;
      listener.onProgress({ step: jobSentence('check', { what: name }), doneBytes, totalBytes });
    };
    const file = path.join(folder, ...name.split('/'));
    const sha256 = await hashFile(file, signal, count).catch((error: unknown) => {
      throw signal.aborted ? new PilotError('cancelled', {}, { cause: error }) : error;
    });
    stored.push({ name, size, sha256 });
  }
  return stored;
}

/**
 * Makes the model's folder in the store.
 * @param fill puts files into the folder given, and describes the model
 * @throws PilotError modelExists, homeNotWritable, diskFull; what `fill` throws
 */
export async function installReference(
  store: ModelStore,
  digest: string,
  options: InstallOptions,
  signal: AbortSignal,
  fill: (folder: string) => Promise<ManifestDraft>,
): Promise<ModelInfo> {
  const { downloads } = homePaths(store.home);
  await makeFolder(downloads);
  const folder = path.join(downloads, digest.slice(0, 16));
  return withLock(folder, { signal }, async () => {
    const staging = await Staging.open(folder);
    await staging.keepOnly([]);
    const draft = await fill(staging.files);
    const model = await store.install(staging.files, draft, options);
    await staging.remove();
    return model;
  });
}
