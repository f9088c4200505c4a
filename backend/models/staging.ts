/**
 * `downloads/<key>/`: where one source's files gather until the model is whole. `files/` then
 * becomes the model's folder by a rename. A pull that breaks leaves it for the next try.
 */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { makeFolder } from './disk.ts';
import { isLocked } from './locks.ts';

/** Which version of a remote file the bytes on disk belong to: name to strong ETag. */
const Journal = z.object({ etags: z.record(z.string(), z.string()) });

/** Parts of downloads that nobody came back for are removed after this time. */
const KEEP_MS = 14 * 24 * 3600 * 1000;
const JOURNAL_FILE = 'journal.json';
const REMOVED_PREFIX = 'removed-';

export class Staging {
  private constructor(
    /** Also what is locked while a pull works here. */
    readonly folder: string,
    private readonly etags: Map<string, string>,
  ) {}

  /** Opens the folder for a source, with what an earlier try left in it. */
  static async open(folder: string): Promise<Staging> {
    await makeFolder(path.join(folder, 'files'));
    let journal: unknown;
    try {
      journal = JSON.parse(await readFile(path.join(folder, JOURNAL_FILE), 'utf8'));
    } catch {
      journal = undefined;
    }
    return new Staging(
      folder,
      new Map(Object.entries(Journal.safeParse(journal).data?.etags ?? {})),
    );
  }

  /** Holds nothing but files of the model. */
  get files(): string {
    return path.join(this.folder, 'files');
  }

  /** Runs `work` with a folder for what is not part of the model, such as an archive. */
  async withScratch<T>(work: (folder: string) => Promise<T>): Promise<T> {
    const folder = path.join(this.folder, 'scratch');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    try {
      return await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Where a file goes, by its safe relative name; its folder is made. */
  async pathOf(name: string): Promise<string> {
    const file = path.join(this.files, ...name.split('/'));
    await makeFolder(path.dirname(file));
    return file;
  }

  /** Bytes that are there of a file. */
  async sizeOf(name: string): Promise<number> {
    const found = await stat(path.join(this.files, ...name.split('/'))).catch(() => undefined);
    return found?.size ?? 0;
  }

  etagOf(name: string): string | undefined {
    return this.etags.get(name);
  }

  /** Written before the bytes are, so that a part never goes with a wrong version. */
  async rememberEtag(name: string, etag: string | undefined): Promise<void> {
    if (etag === undefined) this.etags.delete(name);
    else this.etags.set(name, etag);
    const text = JSON.stringify({ etags: Object.fromEntries(this.etags) });
    await writeFileAtomic(path.join(this.folder, JOURNAL_FILE), text);
  }

  /** Removes files that an earlier try got and this one does not want. */
  async keepOnly(names: readonly string[]): Promise<void> {
    const found = await readdir(this.files, { recursive: true, withFileTypes: true });
    for (const entry of found) {
      if (entry.isDirectory()) continue;
      const file = path.join(entry.parentPath, entry.name);
      const name = path.relative(this.files, file).split(path.sep).join('/');
      if (!names.includes(name)) await rm(file);
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Removes what crashed removals and abandoned pulls have left in `downloads`. */
export async function sweepDownloads(downloads: string, now = Date.now()): Promise<void> {
  for (const entry of await readdir(downloads, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.endsWith('.lock')) continue;
    const folder = path.join(downloads, entry.name);
    const isTrash = entry.name.startsWith(REMOVED_PREFIX);
    if (isTrash || ((await lastUse(folder)) < now - KEEP_MS && !(await isLocked(folder)))) {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** The journal is written at the start of every try. */
async function lastUse(folder: string): Promise<number> {
  const journal = await stat(path.join(folder, JOURNAL_FILE)).catch(() => undefined);
  return (journal ?? (await stat(folder))).mtimeMs;
}
