/** Whether a compiled model is what it was, before a device is given it. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { isBmodel } from '../formats/isBmodel.ts';
import { homePaths } from '../client/home.ts';
import { inspectOneChip, onlyBmodel } from './bmodelFolder.ts';
import { errorCode } from './disk.ts';
import { requireSize, requireSum } from './listedFile.ts';
import { readFolderManifest } from './manifest.ts';
import { hashFile } from './partFile.ts';
import type { StoredFile } from './pullContext.ts';

/** What a file was like when its sha256 was last read, by its absolute path. */
const Stamps = z.record(
  z.string(),
  z.object({ size: z.number(), mtimeMs: z.number(), sha256: z.string() }),
);
type Stamps = z.infer<typeof Stamps>;

export interface LoadCheck {
  /** A file, or the folder of a model. */
  readonly path: string;
  /** What a manifest says of the folder's files; the folder's own manifest when left out. */
  readonly files?: readonly StoredFile[];
}

/**
 * Reads a bmodel's description; all of it only when its size or date is not as when it was last
 * read, some seconds for each GB. Other formats are the device's to check.
 * @throws PilotError wrongChip, unsupportedModel, modelInvalid; modelDamaged naming the file
 */
export async function checkBeforeLoading(home: string, model: LoadCheck): Promise<void> {
  // What cannot be read is for the device to say.
  if (!(await isBmodel(model.path).catch(() => false))) return;
  const isFolder = (await stat(model.path)).isDirectory();
  const folder = isFolder ? model.path : path.dirname(model.path);
  const name = isFolder ? await onlyBmodel(folder) : path.basename(model.path);
  const file = path.join(folder, name);
  await inspectOneChip(file);
  const files = model.files ?? (await readFolderManifest(folder))?.files ?? [];
  const listed = files.find((one) => one.name === name);
  if (listed) await checkUnchanged(path.join(homePaths(home).models, STAMPS_FILE), file, listed);
}

const STAMPS_FILE = 'checked.json';

async function checkUnchanged(
  stampsFile: string,
  file: string,
  { size, sha256 }: StoredFile,
): Promise<void> {
  const found = await stat(file);
  requireSize(file, found.size, { size });
  const stamp = { size, mtimeMs: found.mtimeMs, sha256 };
  const known = (await readStamps(stampsFile))[file];
  if (known?.mtimeMs === stamp.mtimeMs && known.size === size && known.sha256 === sha256) return;
  const read = await hashFile(file, new AbortController().signal, () => undefined);
  requireSum(file, read, { sha256 });
  await writeStamp(stampsFile, file, stamp);
}

/** A file that is missing or damaged says nothing. */
async function readStamps(file: string): Promise<Stamps> {
  try {
    return Stamps.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return {};
  }
}

/** Stamps of files that are gone go too. Without a place to write to, the next load reads again. */
async function writeStamp(stampsFile: string, file: string, stamp: Stamps[string]): Promise<void> {
  const stamps: Stamps = { [file]: stamp };
  for (const [other, known] of Object.entries(await readStamps(stampsFile))) {
    const isThere = await stat(other).catch(() => undefined);
    if (isThere) stamps[other] ??= known;
  }
  try {
    await writeFileAtomic(stampsFile, `${JSON.stringify(stamps, undefined, 2)}\n`);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}
