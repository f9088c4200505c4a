/** Files from the network into the staging folder: whole, checked, and resumable at any byte. */
import type { IncomingHttpHeaders } from 'node:http';
import { PilotError } from '../protocol/errors.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { diskError, requireSpace } from './disk.ts';
import { FetchError, networkError, type HttpResponse } from './http.ts';
import { PartFile } from './partFile.ts';
import type { PullContext, RemoteFile, StoredFile } from './pullContext.ts';
import { withRetries } from './retry.ts';

/** An attempt that got this far does not count as a failure in a row. */
const PROGRESS_BYTES = 1024 * 1024;

/**
 * Downloads one file after the other, continuing what an earlier try left.
 * @throws FetchError; PilotError diskFull, checksumMismatch; the signal's reason
 */
export async function downloadAll(
  files: readonly RemoteFile[],
  context: PullContext,
): Promise<StoredFile[]> {
  const { staging, freeBytes } = context;
  await staging.keepOnly(files.map((file) => file.name));
  const total = totalSize(files);
  if (total !== undefined) {
    let missing = total;
    for (const { name } of files) missing -= await staging.sizeOf(name);
    await requireSpace(staging.folder, Math.max(0, missing), freeBytes);
  }
  const stored: StoredFile[] = [];
  for (const file of files) {
    const before = stored.reduce((bytes, { size }) => bytes + size, 0);
    const report = (done: number, size: number): void =>
      context.onProgress({
        step: jobSentence('download', { what: file.name }),
        doneBytes: before + done,
        totalBytes: files.length === 1 ? size : total,
      });
    stored.push(await downloadFile(file, context, report));
  }
  return stored;
}

async function downloadFile(
  file: RemoteFile,
  context: PullContext,
  report: (done: number, total: number) => void,
): Promise<StoredFile> {
  const { staging, signal, retry } = context;
  const part = await PartFile.open(await staging.pathOf(file.name), signal);
  try {
    let start = part.size;
    await withRetries(
      async () => {
        start = part.size;
        await attempt(file, part, context, report);
      },
      { signal, edges: retry, progressed: () => part.size - start >= PROGRESS_BYTES },
    );
    const sha256 = part.sha256();
    if (file.sha256 !== undefined && sha256 !== file.sha256) {
      await part.clear();
      throw new PilotError('checksumMismatch', { file: file.name });
    }
    await part.flush();
    return { name: file.name, size: part.size, sha256 };
  } catch (error) {
    const missing = Math.max(0, (file.size ?? 0) - part.size);
    throw diskError(error, staging.folder, missing) ?? error;
  } finally {
    await part.close();
  }
}

/** One request; resolves when the part is the whole file. */
async function attempt(
  file: RemoteFile,
  part: PartFile,
  context: PullContext,
  report: (done: number, total: number) => void,
): Promise<void> {
  const { http, signal, staging, freeBytes } = context;
  const etag = staging.etagOf(file.name);
  const isWhole = part.size === file.size && file.sha256 !== undefined;
  if (isWhole && part.sha256() === file.sha256) return;
  const isTooMuch = isWhole || part.size > (file.size ?? Infinity);
  // Without either, nothing would tell that the rest is of another version of the file.
  const isTraceable = etag !== undefined || file.sha256 !== undefined;
  if (isTooMuch || !isTraceable) await part.clear();

  const range = part.size > 0 ? { range: `bytes=${part.size}-` } : {};
  const ifRange = part.size > 0 && etag !== undefined ? { 'if-range': etag } : {};
  const headers = { ...file.headers, ...range, ...ifRange };
  const response = await http.get(file.url, { signal, headers });
  try {
    const size = await continueOrRestart(file, part, response);
    // Refused rather than risked: neither the disk nor a cut could be checked.
    if (size === undefined) throw fault(file, 'the server does not say how large the file is');
    if (file.size !== undefined && size !== file.size) {
      throw fault(file, `it has ${size} bytes, where the hub says ${file.size}`);
    }
    await requireSpace(staging.folder, size - part.size, freeBytes);
    report(part.size, size);
    if (response.status === 200) {
      await staging.rememberEtag(file.name, strongEtag(response.headers));
    }
    await receive(file, part, response, size, context, report);
  } finally {
    response.body.destroy();
  }
}

/** Makes the part what the answer continues. Returns the size of the whole file, if it is told. */
async function continueOrRestart(
  file: RemoteFile,
  part: PartFile,
  { status, headers }: HttpResponse,
): Promise<number | undefined> {
  const range = contentRange(headers);
  const askedForPart = part.size > 0;
  if (status === 206 && range?.start === part.size) return range.total ?? file.size;
  if (status === 416 && range?.total === part.size) return part.size;
  await part.clear();
  if (status === 200) return contentLength(headers) ?? file.size;
  throw new FetchError(`${file.url.host} answered ${status} instead of the file`, askedForPart);
}

async function receive(
  file: RemoteFile,
  part: PartFile,
  { status, body }: HttpResponse,
  size: number,
  { signal }: PullContext,
  report: (done: number, total: number) => void,
): Promise<void> {
  if (status === 416) return;
  const chunks: AsyncIterator<Buffer> = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((error: unknown) => {
      signal.throwIfAborted();
      throw networkError(error, file.url);
    });
    if (next.done) break;
    if (part.size + next.value.length > size) throw fault(file, 'the server sends too much');
    await part.append(next.value);
    report(part.size, size);
  }
  if (part.size < size) {
    throw new FetchError(`${file.url.host} ended the file ${size - part.size} bytes early`, true);
  }
}

function fault(file: RemoteFile, reason: string): FetchError {
  return new FetchError(`${file.url.host}: ${reason}`, false);
}

function contentRange(
  headers: IncomingHttpHeaders,
): { start: number | undefined; total: number | undefined } | undefined {
  const match = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/u.exec(headers['content-range'] ?? '');
  return match ? { start: toNumber(match[1]), total: toNumber(match[2]) } : undefined;
}

function contentLength(headers: IncomingHttpHeaders): number | undefined {
  return toNumber(headers['content-length']);
}

function toNumber(digits: string | undefined): number | undefined {
  return digits !== undefined && /^\d{1,15}$/u.test(digits) ? Number(digits) : undefined;
}

/** Only a strong ETag promises equal bytes (RFC 9110, 8.8.1). */
function strongEtag({ etag }: IncomingHttpHeaders): string | undefined {
  return etag?.startsWith('"') ? etag : undefined;
}

/** Undefined when the size of any of them is not known. */
function totalSize(files: readonly RemoteFile[]): number | undefined {
  return files.reduce<number | undefined>(
    (total, { size }) => (total === undefined || size === undefined ? undefined : total + size),
    0,
  );
}
