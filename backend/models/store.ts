/**
 * The models of one home folder. The disk is the truth: every question reads the manifests, so the
 * command line and running backends see each other's changes. Changes are made under one lock, and
 * become visible by a rename.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { diskError, errorCode, makeFolder } from './disk.ts';
import { withLock } from './locks.ts';
import {
  filesFolder,
  readManifest,
  toModelInfo,
  writeManifest,
  type Manifest,
} from './manifest.ts';
import { toModelId } from './safeName.ts';

/** A folder in the store that is not a usable model, and why. */
export interface StoreProblem {
  readonly id: string;
  readonly reason: string;
}

interface Entry {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** A manifest before the store has given it a name. */
export type ManifestDraft = Omit<Manifest, 'manifestVersion' | 'id' | 'aliases' | 'addedAt'>;

export interface InstallOptions {
  /** Text to make the id of. */
  readonly name: string;
  readonly alias?: string | undefined;
  /** Take the alias from the model that has it, where it would be an error otherwise. */
  readonly takeAlias?: boolean;
}

export class ModelStore {
  readonly #models: string;
  readonly #downloads: string;

  constructor(
    readonly home: string,
    private readonly now: () => Date = () => new Date(),
  ) {
    ({ models: this.#models, downloads: this.#downloads } = homePaths(home));
  }

  /** All usable models by id, and what stands in the way of the others. */
  async scan(): Promise<{ models: ModelInfo[]; problems: StoreProblem[] }> {
    const { entries, problems } = await this.#read();
    return {
      models: entries.map(({ folder, manifest }) => toModelInfo(folder, manifest)),
      problems,
    };
  }

  async list(): Promise<ModelInfo[]> {
    return (await this.scan()).models;
  }

  /**
   * The model of that id or alias.
   * @throws PilotError modelNotFound; modelInvalid when its files are gone or changed
   */
  async get(name: string): Promise<ModelInfo> {
    const { models, problems } = await this.scan();
    const model = findByName(models, name);
    if (model) return model;
    const problem = problems.find(({ id }) => id === name);
    if (problem) {
      throw new PilotError('modelInvalid', { file: problem.id, reason: problem.reason });
    }
    throw new PilotError('modelNotFound', { model: name });
  }

  /** Undefined when there is no usable model of that id or alias. */
  async find(name: string): Promise<ModelInfo | undefined> {
    return findByName(await this.list(), name);
  }

  /** The model that came from a source, by `sourceDigest`. */
  async findBySource(digest: string): Promise<ModelInfo | undefined> {
    const { entries } = await this.#read();
    const entry = entries.find(({ manifest }) => manifest.sourceDigest === digest);
    return entry && toModelInfo(entry.folder, entry.manifest);
  }

  /** @throws PilotError modelExists when another model than `except` has that alias or id. */
  async requireFreeAlias(alias: string, except?: string): Promise<void> {
    requireFree((await this.#read()).entries, alias, except);
  }

  /**
   * Takes a folder with a model's files into the store. It must be on the same file system, best in
   * `downloads`, and is gone afterwards.
   * @throws PilotError modelExists, homeNotWritable, diskFull
   */
  async install(
    staged: string,
    draft: ManifestDraft,
    { name, alias, takeAlias = false }: InstallOptions,
  ): Promise<ModelInfo> {
    return this.#change(async (entries) => {
      if (alias !== undefined && !takeAlias) requireFree(entries, alias);
      const id = await this.#freeId(toModelId(name), entries);
      const manifest: Manifest = {
        ...draft,
        manifestVersion: 1,
        id,
        aliases: alias === undefined ? [] : [alias],
        addedAt: this.now().toISOString(),
      };
      await writeManifest(staged, manifest);
      const folder = path.join(this.#models, id);
      await rename(staged, folder);
      if (alias !== undefined) await dropAlias(entries, alias);
      return toModelInfo(folder, manifest);
    });
  }

  /** @throws PilotError modelNotFound; modelExists unless `take` takes it from the other model */
  async addAlias(id: string, alias: string, take = false): Promise<ModelInfo> {
    return this.#change(async (entries) => {
      const entry = entries.find(({ manifest }) => manifest.id === id);
      if (!entry) throw new PilotError('modelNotFound', { model: id });
      if (!take) requireFree(entries, alias, id);
      const aliases = [...new Set([...entry.manifest.aliases, alias])];
      const manifest = { ...entry.manifest, aliases };
      await writeManifest(entry.folder, manifest);
      await dropAlias(
        entries.filter((other) => other !== entry),
        alias,
      );
      return toModelInfo(entry.folder, manifest);
    });
  }

  /**
   * Deletes a model, by id or alias, also one that is not usable. Files that were added in place
   * stay where they are.
   * @param isLoaded says of an id whether a device has it.
   * @throws PilotError modelNotFound, modelInUse
   */
  async remove(name: string, isLoaded: (id: string) => boolean = () => false): Promise<void> {
    await this.#change(async (entries, problems) => {
      const entry = entries.find(({ manifest }) => manifest.id === name || hasName(manifest, name));
      const id = entry?.manifest.id ?? problems.find((problem) => problem.id === name)?.id;
      if (id === undefined) throw new PilotError('modelNotFound', { model: name });
      if (isLoaded(id)) throw new PilotError('modelInUse', { model: id });
      // First out of sight in one step, then deleted: a half-deleted model is never listed.
      const trash = path.join(this.#downloads, `removed-${randomUUID()}`);
      await makeFolder(this.#downloads);
      await rename(path.join(this.#models, id), trash);
      await rm(trash, { recursive: true, force: true });
    });
  }

  async #change<T>(work: (entries: Entry[], problems: StoreProblem[]) => Promise<T>): Promise<T> {
    await makeFolder(this.#models);
    try {
      return await withLock(this.#models, {}, async () => {
        const { entries, problems } = await this.#read();
        return await work(entries, problems);
      });
    } catch (error) {
      if (error instanceof PilotError) throw error;
      throw diskError(error, this.#models) ?? error;
    }
  }

  async #read(): Promise<{ entries: Entry[]; problems: StoreProblem[] }> {
    const names = await folderNames(this.#models);
    const entries: Entry[] = [];
    const problems: StoreProblem[] = [];
    for (const id of names.sort()) {
      const folder = path.join(this.#models, id);
      try {
        const manifest = await readManifest(folder);
        if (manifest.id !== id) throw new Error(`its manifest names the model ${manifest.id}`);
        await checkFiles(folder, manifest);
        entries.push({ folder, manifest });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        problems.push({
          id,
          reason: errorCode(error) === 'ENOENT' ? 'it has no manifest' : reason,
        });
      }
    }
    return { entries, problems };
  }

  /** The id itself, or the first of `id-2`, `id-3` ... that nothing has: no model, alias, folder. */
  async #freeId(id: string, entries: readonly Entry[]): Promise<string> {
    const folders = new Set(await folderNames(this.#models));
    const isTaken = (candidate: string): boolean =>
      folders.has(candidate) || entries.some(({ manifest }) => hasName(manifest, candidate));
    let free = id;
    for (let n = 2; isTaken(free); n++) free = `${id}-${n}`;
    return free;
  }
}

/** An id goes before another model's alias. */
function findByName(models: readonly ModelInfo[], name: string): ModelInfo | undefined {
  return models.find(({ id }) => id === name) ?? models.find((model) => hasName(model, name));
}

function hasName(model: { aliases: readonly string[] }, name: string): boolean {
  return model.aliases.includes(name);
}

function requireFree(entries: readonly Entry[], alias: string, except?: string): void {
  const owner = entries.find(
    ({ manifest }) => manifest.id === alias || manifest.aliases.includes(alias),
  );
  if (owner && owner.manifest.id !== except) throw new PilotError('modelExists', { model: alias });
}

async function dropAlias(entries: readonly Entry[], alias: string): Promise<void> {
  for (const { folder, manifest } of entries) {
    if (!manifest.aliases.includes(alias)) continue;
    const aliases = manifest.aliases.filter((other) => other !== alias);
    await writeManifest(folder, { ...manifest, aliases });
  }
}

/** A file that shrank or vanished would fail much later, inside the device host. */
async function checkFiles(folder: string, manifest: Manifest): Promise<void> {
  for (const { name, size } of manifest.files) {
    const file = path.join(filesFolder(folder, manifest), ...name.split('/'));
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) throw new Error(`${file} is gone`);
    if (found.size !== size) throw new Error(`${file} has ${found.size} bytes, not ${size}`);
  }
}

async function folderNames(folder: string): Promise<string[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw diskError(error, folder) ?? error;
  }
}
