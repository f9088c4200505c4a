/** A file or folder of this machine: `add` refers to it in place, `pull` copies it. */
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { PilotError } from '../../protocol/errors.ts';
import { totalSize } from '../../protocol/models.ts';
import { jobSentence } from '../../protocol/jobSentences.ts';
import { diskError, requireSpace } from '../disk.ts';
import { PartFile, readChunks } from '../partFile.ts';
import type { PullContext, StoredFile } from '../pullContext.ts';
import { isSafePath } from '../safeName.ts';
import { isFolderFile } from './hubFiles.ts';

export interface LocalModel {
  /** Absolute, with links resolved. */
  readonly folder: string;
  /** In the folder: one GGUF, or the files of a safetensors model. */
  readonly files: readonly { name: string; size: number }[];
  /** What people would call it: the file's or folder's name, without `.gguf`. */
  readonly name: string;
}

/** @throws PilotError sourceInvalid when there is no model at that path */
export async function findLocalModel(given: string): Promise<LocalModel> {
  const refuse = (reason: string): never => {
    throw new PilotError('sourceInvalid', { source: given, reason });
  };
  const target = await realpath(given).catch(() => refuse('there is no such file or folder'));
  const found = await stat(target);
  if (found.isFile()) {
    const file = path.basename(target);
    if (!isSafePath(file)) refuse('its file name has characters that are not portable');
    const name = file.replace(/\.gguf$/iu, '');
    return { folder: path.dirname(target), files: [{ name: file, size: found.size }], name };
  }
  if (!found.isDirectory()) refuse('it is neither a file nor a folder');
  const names = (await readdir(target)).filter(isFolderFile);
  if (!names.some((name) => name.endsWith('.safetensors'))) {
    refuse('the folder has no safetensors files; name the file of a GGUF model');
  }
  const files = [];
  for (const name of names.sort()) {
    files.push({ name, size: (await stat(path.join(target, name))).size });
  }
  return { folder: target, files, name: path.basename(target) };
}

/**
 * Copies it into the staging folder.
 * @throws PilotError diskFull, homeNotWritable; the signal's reason
 */
export async function copyLocalModel(
  model: LocalModel,
  context: PullContext,
): Promise<StoredFile[]> {
  const { staging, signal, freeBytes } = context;
  const totalBytes = totalSize(model.files);
  await staging.keepOnly([]);
  await requireSpace(staging.folder, totalBytes, freeBytes);
  const stored: StoredFile[] = [];
  let doneBytes = 0;
  for (const { name } of model.files) {
    const part = await PartFile.open(await staging.pathOf(name), signal);
    try {
      for await (const chunk of readChunks(path.join(model.folder, name), signal)) {
        await part.append(chunk);
        doneBytes += chunk.length;
        context.onProgress({ step: jobSentence('copy', { what: name }), doneBytes, totalBytes });
      }
      await part.flush();
      stored.push({ name, size: part.size, sha256: part.sha256() });
    } catch (error) {
      throw diskError(error, staging.folder, totalBytes - doneBytes) ?? error;
    } finally {
      await part.close();
    }
  }
  return stored;
}
