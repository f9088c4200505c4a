/** The folder that a conversion makes, described and put where it belongs. */
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { makeFolder } from '../models/disk.ts';
import { isLocked } from '../models/locks.ts';
import { hashFile } from '../models/partFile.ts';
import type { StoredFile } from '../models/pullContext.ts';
import type { ManifestDraft, ModelStore } from '../models/store.ts';
import { parameters } from '../prediction/modelShape.ts';
import type { ConvertParams } from '../protocol/conversion.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { PreparedConversion } from './plan.ts';
import type { WorkFolder } from './work.ts';

/** Work that nobody came back for is removed after this time. */
const KEEP_MS = 14 * 24 * 3600 * 1000;

/**
 * Reads the source and the result once more, for their sha256.
 * @throws PilotError modelInvalid when the source has changed meanwhile
 */
export async function describeFolder(
  work: WorkFolder,
  { source, options, prediction, place, digest }: PreparedConversion,
  signal: AbortSignal,
  onFile: (name: string, done: number) => void,
): Promise<ManifestDraft> {
  const names = (await readdir(work.model)).sort();
  const count = names.length + source.files.length;
  let done = 0;
  const describe = async (folder: string, name: string): Promise<StoredFile> => {
    onFile(name, done++ / count);
    const file = path.join(folder, name);
    const { size } = await stat(file);
    return { name, size, sha256: await hashFile(file, signal, () => undefined) };
  };
  const read: StoredFile[] = [];
  for (const { name, size, changedMs } of source.files) {
    const now = await stat(path.join(source.folder, name)).catch(() => undefined);
    if (now?.size !== size || now.mtimeMs !== changedMs) {
      const details = { file: name, reason: 'it has changed while it was converted' };
      throw new PilotError('modelInvalid', details);
    }
    read.push(await describe(source.folder, name));
  }
  const files: StoredFile[] = [];
  for (const name of names) files.push(await describe(work.model, name));
  return {
    format: 'bmodel',
    source: source.path,
    sourceDigest: digest,
    files,
    architecture: source.shape.architecture,
    displayName: source.facts.displayName,
    quantization: options.quantization,
    parameters: parameters(source.shape),
    contextLength: options.sequenceLength,
    hasChatTemplate: source.facts.hasChatTemplate,
    hasFillIn: source.facts.hasFillIn,
    conversion: {
      source: { path: source.path, format: source.format, files: read },
      options,
      versions: [...(place?.versions ?? [])],
      prediction,
      convertedAt: new Date().toISOString(),
    },
  };
}

/** Puts the model into the store, or beside it with a reference. In both cases by a rename. */
export async function installResult(
  store: ModelStore,
  { alias }: ConvertParams,
  { source, options, out }: PreparedConversion,
  work: WorkFolder,
  draft: ManifestDraft,
): Promise<ModelInfo> {
  const name = `${source.name}-${options.quantization}`;
  if (out === undefined) return store.install(work.model, draft, { name, alias });
  // For people and programs without the store; what the store itself reads is its own.
  const text = JSON.stringify({ manifestVersion: 1, ...draft }, null, 2);
  await writeFile(path.join(work.model, 'manifest.json'), `${text}\n`);
  await rename(work.model, out);
  const { downloads } = homePaths(store.home);
  await makeFolder(downloads);
  const staged = path.join(downloads, `converted-${draft.sourceDigest.slice(0, 16)}`);
  await mkdir(staged, { recursive: true });
  return store.install(staged, { ...draft, location: out }, { name, alias });
}

/** Removes what conversions that nobody resumed have left. */
export async function sweepConversions(
  folder: string,
  except: string,
  now = Date.now(),
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const work = path.join(folder, entry.name);
    if (!entry.isDirectory() || work === except || entry.name.endsWith('.lock')) continue;
    // Every run of a conversion writes it.
    const { mtimeMs } = await stat(path.join(work, 'work.json')).catch(() => stat(work));
    if (mtimeMs < now - KEEP_MS && !(await isLocked(work))) {
      await rm(work, { recursive: true, force: true });
    }
  }
}
