/**
 * The work folder of a conversion: what is done already stays there when it is cancelled or killed.
 *
 *   work.json   what is being converted, and how; with another source or other options it is emptied
 *   source/     links to the files that are read, or what was unpacked of a GGUF
 *   lowered/    a mark for each graph that is whole      nets/  a folder for each net
 *   done/       a mark for each net that is compiled     model/ the folder to be
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import * as z from 'zod';
import { makeFolder } from '../models/disk.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ChosenOptions } from './options.ts';
import type { ConversionSource } from './source.ts';

const WORK_FILE = 'work.json';
const Work = z.object({ workVersion: z.literal(1), digest: z.string() });
const Done = z.object({ bytes: z.number().int().positive() });

export class WorkFolder {
  private constructor(readonly root: string) {}

  /**
   * Opens it, with what an earlier run of the same conversion has left.
   * @throws PilotError homeNotWritable; outputExists for a folder that is somebody else's
   */
  static async open(root: string, digest: string): Promise<WorkFolder> {
    const file = path.join(root, WORK_FILE);
    const before = await readJson(file, Work);
    const found = before ? [] : await readdir(root).catch(() => []);
    if (found.length > 0) throw new PilotError('outputExists', { path: root });
    if (before?.digest !== digest) await rm(root, { recursive: true, force: true });
    await makeFolder(root);
    await writeFileAtomic(file, `${JSON.stringify({ workVersion: 1, digest })}\n`);
    const work = new WorkFolder(root);
    for (const folder of [work.nets, work.model, path.join(root, 'done')]) await makeFolder(folder);
    return work;
  }

  get source(): string {
    return path.join(this.root, 'source');
  }

  get nets(): string {
    return path.join(this.root, 'nets');
  }

  get tables(): string {
    return path.join(this.root, 'tables');
  }

  get model(): string {
    return path.join(this.root, 'model');
  }

  netFile(name: string): string {
    return path.join(this.nets, name, `${name}.bmodel`);
  }

  /** Compiled, seen to be right, and still as long as then. */
  async isDone(name: string): Promise<boolean> {
    const done = await readJson(this.#mark(name), Done);
    const found = await stat(this.netFile(name)).catch(() => undefined);
    return done !== undefined && done.bytes === found?.size;
  }

  /** Marks a net as compiled, and removes what only its compilation needed. */
  async finish(name: string): Promise<void> {
    const { size } = await stat(this.netFile(name));
    await writeFileAtomic(this.#mark(name), JSON.stringify({ bytes: size }));
    const folder = path.join(this.nets, name);
    for (const entry of await readdir(folder)) {
      // Nets of other lengths read the second one.
      if (entry === `${name}.bmodel` || entry === 'io_alone_config.json') continue;
      await rm(path.join(folder, entry), { recursive: true, force: true });
    }
  }

  async hasMark(name: string): Promise<boolean> {
    return (await stat(this.#mark(name)).catch(() => undefined)) !== undefined;
  }

  async mark(name: string): Promise<void> {
    await writeFile(this.#mark(name), '');
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }

  #mark(name: string): string {
    return path.join(this.root, 'done', name);
  }
}

/** Equal when the result would be. */
export function conversionDigest(
  { path: source, files }: ConversionSource,
  options: ChosenOptions,
  versions: readonly { name: string; version: string }[],
): string {
  const parts = JSON.stringify([source, files, options, versions]);
  return createHash('sha256').update(parts).digest('hex');
}

async function readJson<S extends z.ZodType>(
  file: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
