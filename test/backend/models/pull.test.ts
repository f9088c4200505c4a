import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { getModel } from '../../../backend/models/getModel.ts';
import { pullModel } from '../../../backend/models/pull.ts';
import { parseSource } from '../../../backend/models/source.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import type { ModelInfo, PullParams } from '../../../backend/protocol/models.ts';
import { buildGguf, soundMetadata } from '../../support/ggufFile.ts';
import { hostHuggingFace, hostModelScope } from '../../support/hubRepository.ts';
import { HubServer, sha256, stallAfter, status } from '../../support/hubServer.ts';
import { createEdges, createRecorder } from '../../support/pullHarness.ts';
import { safetensorsModel } from '../../support/safetensorsFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const gguf = buildGguf();

async function setUp() {
  const hub = await HubServer.start();
  const home = await temporaryFolder();
  const store = new ModelStore(home);
  const recorder = createRecorder();
  const env = { HF_ENDPOINT: hub.url, MODELSCOPE_ENDPOINT: `${hub.url}/` };
  const edges = createEdges({ env });
  const pull = (params: PullParams, signal = new AbortController().signal): Promise<ModelInfo> =>
    getModel(store, params, recorder, signal, edges);
  return { hub, home, store, recorder, edges, pull };
}

describe('pulling from a hub', () => {
  it('gets the best GGUF of Hugging Face and tells what it is', async () => {
    const { hub, home, store, pull } = await setUp();
    hostHuggingFace(hub, 'org/Tiny-GGUF', { 'Tiny-Q4_K_M.gguf': gguf, 'Tiny-Q8_0.gguf': gguf });
    const model = await pull({ source: 'hf:org/Tiny-GGUF', alias: 'tiny' });
    expect(model).toMatchObject({
      id: 'tiny-q4_k_m',
      aliases: ['tiny'],
      format: 'gguf',
      path: path.join(home, 'models', 'tiny-q4_k_m', 'Tiny-Q4_K_M.gguf'),
      source: 'hf:org/Tiny-GGUF',
      files: [{ name: 'Tiny-Q4_K_M.gguf', size: gguf.length, sha256: sha256(gguf) }],
      architecture: 'llama',
      quantization: 'Q4_K_M',
      hasChatTemplate: true,
    });
    expect((await readFile(model.path)).equals(gguf)).toBe(true);
    expect(await store.list()).toEqual([model]);
    expect(await readdir(path.join(home, 'downloads'))).toEqual([]);
  });

  it('gets a file of ModelScope', async () => {
    const { hub, pull } = await setUp();
    hostModelScope(hub, 'org/tiny', { 'dir/Tiny Q8.gguf': gguf, 'other.gguf': gguf });
    const model = await pull({ source: 'ms:org/tiny:dir/Tiny Q8.gguf' });
    expect(model).toMatchObject({ id: 'tiny-q8', source: 'ms:org/tiny:dir/Tiny Q8.gguf' });
  });

  it('gets a safetensors model whole', async () => {
    const { hub, home, pull } = await setUp();
    const files = Object.fromEntries(
      Object.entries(safetensorsModel()).map(([name, body]) => [name, Buffer.from(body)]),
    );
    const rest = { 'pytorch_model.bin': Buffer.from('pickle'), 'README.md': Buffer.from('#') };
    hostHuggingFace(hub, 'org/Tiny', { ...files, ...rest }, { plain: true });
    const model = await pull({ source: 'hf:org/Tiny' });
    const folder = path.join(home, 'models', 'tiny');
    expect(model).toMatchObject({ id: 'tiny', format: 'safetensors', path: folder });
    expect((await readdir(folder)).sort()).toEqual([...Object.keys(files), 'manifest.json'].sort());
  });

  it('sends a token when there is one', async () => {
    const { hub, edges, store, recorder } = await setUp();
    hostHuggingFace(hub, 'org/tiny', { 'm.gguf': gguf });
    const env = { ...edges.env, HUGGING_FACE_HUB_TOKEN: 'hf_secret' };
    const { signal } = new AbortController();
    const request = { source: parseSource('hf:org/tiny') };
    await pullModel(store, request, recorder, signal, { ...edges, env });
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer hf_secret',
      'Bearer hf_secret',
    ]);
  });

  it.each([
    [401, 'sourceForbidden'],
    [403, 'sourceForbidden'],
    [404, 'sourceForbidden'],
    [400, 'downloadFailed'],
  ])('answers %i of the hub with %s', async (code, errorName) => {
    const { hub, pull } = await setUp();
    hub.host('/api/models/org/tiny?blobs=true', {}, status(code));
    await expect(pull({ source: 'hf:org/tiny' })).rejects.toMatchObject({ errorName });
  });

  it.each<[string, Buffer]>([
    ['no JSON', Buffer.from('<html>')],
    ['other JSON', Buffer.from('{"siblings": 5}')],
    ['too much JSON', Buffer.alloc(17 * 1024 * 1024, ' ')],
  ])('answers %s of the hub with downloadFailed', async (_, body) => {
    const { hub, pull } = await setUp();
    hub.host('/api/models/org/tiny?blobs=true', body);
    await expect(pull({ source: 'hf:org/tiny' })).rejects.toMatchObject({
      errorName: 'downloadFailed',
    });
  });

  it('refuses a mirror that would get the token in the clear', async () => {
    const { edges, store, recorder } = await setUp();
    const { signal } = new AbortController();
    const clear = { ...edges, env: { HF_ENDPOINT: 'http://mirror.example.com' } };
    await expect(
      pullModel(store, { source: parseSource('hf:org/tiny') }, recorder, signal, clear),
    ).rejects.toMatchObject({ errorName: 'configInvalid' });
  });

  it('says so when nobody answers', async () => {
    const { edges, store, recorder } = await setUp();
    // Port 1 is reserved, and nothing listens there.
    const dead = { ...edges, env: { HF_ENDPOINT: 'http://127.0.0.1:1' } };
    const { signal } = new AbortController();
    await expect(
      pullModel(store, { source: parseSource('hf:org/tiny') }, recorder, signal, dead),
    ).rejects.toMatchObject({
      errorName: 'downloadFailed',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

describe('pulling from a URL or a path', () => {
  it('names a model after the file of the URL, and keeps its query out of the manifest', async () => {
    const { hub, store, pull } = await setUp();
    hub.host('/dir/My%20Tiny.gguf?signature=s3cret', gguf);
    await pull({ source: `${hub.url}/dir/My%20Tiny.gguf?signature=s3cret` });
    const [model] = await store.list();
    expect(model).toMatchObject({ id: 'my-tiny', source: `${hub.url}/dir/My%20Tiny.gguf` });
  });

  it('names a file model.gguf when the URL gives no safe name', async () => {
    const { hub, pull } = await setUp();
    hub.host('/download?id=1', gguf);
    const model = await pull({ source: `${hub.url}/download?id=1` });
    expect(model.files[0]?.name).toBe('model.gguf');
  });

  it('copies a file', async () => {
    const { home, recorder, pull } = await setUp();
    const file = path.join(await temporaryFolder(), 'Tiny.gguf');
    await writeFile(file, gguf);
    const model = await pull({ source: file });
    expect(model.path).toBe(path.join(home, 'models', 'tiny', 'Tiny.gguf'));
    expect(recorder.progress).toContainEqual({
      step: 'Copying Tiny.gguf',
      doneBytes: gguf.length,
      totalBytes: gguf.length,
    });
  });

  it('copies the model’s files of a folder, and no others', async () => {
    const { pull } = await setUp();
    const folder = await temporaryFolder();
    for (const [name, body] of Object.entries({ ...safetensorsModel(), '.env': 'secret' })) {
      await writeFile(path.join(folder, name), body);
    }
    const model = await pull({ source: folder });
    expect(model.files.map(({ name }) => name)).toEqual(Object.keys(safetensorsModel()).sort());
  });

  it.each<[string, string]>([
    ['missing.gguf', 'no such file'],
    ['.', 'no safetensors files'],
    ['odd:name.gguf', 'not portable'],
  ])('refuses %s', async (name, reason) => {
    const { pull } = await setUp();
    const folder = await temporaryFolder();
    await writeFile(path.join(folder, 'odd:name.gguf'), gguf);
    await expect(pull({ source: path.join(folder, name) })).rejects.toMatchObject({
      errorName: 'sourceInvalid',
      message: expect.stringContaining(reason) as string,
    });
  });
});

describe('a pull', () => {
  it('does nothing for a model that is there, but gives it the alias', async () => {
    const { hub, recorder, pull } = await setUp();
    hub.host('/m.gguf', gguf);
    const first = await pull({ source: `${hub.url}/m.gguf` });
    const second = await pull({ source: `${hub.url}/m.gguf`, alias: 'again' });
    expect(second).toEqual({ ...first, aliases: ['again'] });
    expect(hub.requests).toHaveLength(1);
    expect(recorder.notices).toEqual([`${hub.url}/m.gguf is in the store already, as m.`]);
  });

  it('hears of a taken alias before it downloads', async () => {
    const { hub, pull } = await setUp();
    hub.host('/m.gguf', gguf);
    hub.host('/n.gguf', gguf);
    await pull({ source: `${hub.url}/m.gguf`, alias: 'mine' });
    const taken = pull({ source: `${hub.url}/n.gguf`, alias: 'mine' });
    await expect(taken).rejects.toMatchObject({ errorName: 'modelExists' });
    expect(hub.requests).toHaveLength(1);
  });

  it.each<[string, Buffer]>([
    ['a page instead of a model', Buffer.from('<!doctype html>')],
    ['a model cut short', gguf.subarray(0, -1)],
    ['an adapter', buildGguf({ metadata: { ...soundMetadata, 'general.type': 'adapter' } })],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s, and keeps nothing of it', async (_, body) => {
    const { hub, home, store, pull } = await setUp();
    hub.host('/m.gguf', body);
    const refused = pull({ source: `${hub.url}/m.gguf` });
    await expect(refused).rejects.toMatchObject({ errorName: 'modelInvalid' });
    expect(await store.scan()).toEqual({ models: [], problems: [] });
    expect(await readdir(path.join(home, 'downloads'))).toEqual([]);
  });

  it('downloads once when two ask for the same at once', async () => {
    const { hub, home, store, recorder, edges } = await setUp();
    hub.host('/m.gguf', gguf);
    const { signal } = new AbortController();
    const request = { source: parseSource(`${hub.url}/m.gguf`) };
    // Two stores, as two processes would have.
    const pulls = [store, new ModelStore(home)].map((each) =>
      pullModel(each, request, recorder, signal, edges),
    );
    const [first, second] = await Promise.all(pulls);
    expect(first).toEqual(second);
    expect(hub.requests).toHaveLength(1);
    expect(recorder.notices).toContainEqual(expect.stringContaining('waiting for it'));
  });

  it('ends soon when it is cancelled, lists nothing, and continues the next time', async () => {
    const { hub, home, store, pull } = await setUp();
    const { answer, reached } = stallAfter(100);
    const large = buildGguf({ dataBytes: 500_000 });
    hub.host('/m.gguf', large, answer);
    const controller = new AbortController();
    const cancelled = pull({ source: `${hub.url}/m.gguf` }, controller.signal);
    await reached;
    const [staging = ''] = (await readdir(path.join(home, 'downloads'))).filter(
      (name) => !name.endsWith('.lock'),
    );
    const part = path.join(home, 'downloads', staging, 'files', 'm.gguf');
    while ((await readFile(part)).length < 100) await new Promise(setImmediate);
    controller.abort();
    await expect(cancelled).rejects.toMatchObject({ errorName: 'cancelled' });
    expect(await store.scan()).toEqual({ models: [], problems: [] });
    await pull({ source: `${hub.url}/m.gguf` });
    expect(hub.requests.at(-1)?.headers.range).toBe('bytes=100-');
  });

  it('sweeps what earlier pulls have abandoned', async () => {
    const { hub, home, pull } = await setUp();
    const downloads = path.join(home, 'downloads');
    for (const name of ['removed-1', 'old', 'recent']) {
      await mkdir(path.join(downloads, name), { recursive: true });
    }
    await utimes(path.join(downloads, 'old'), 0, 0);
    hub.host('/m.gguf', gguf);
    await pull({ source: `${hub.url}/m.gguf` });
    expect(await readdir(downloads)).toEqual(['recent']);
  });
});
