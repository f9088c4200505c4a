/** The `cpu` driver on the real library and a real model, in this process. */
import { copyFile, mkdir, mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CpuDevice } from '../../backend/devices/cpu.ts';
import type { CpuModel } from '../../backend/devices/cpuModel.ts';
import { openLlama, type LlamaLibrary } from '../../backend/devices/llamaLibrary.ts';
import { testDevice } from '../conformance/device.ts';
import { decode, feed, run } from '../conformance/deviceRuns.ts';
import { testModelPath } from '../support/provideModel.ts';

// One thread: the sum of an attention over several threads depends on how many they are.
testDevice('cpu', { open: () => new CpuDevice({ cores: 1 }), modelPath: testModelPath });

/** One turn of the event loop. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The library with its ears open: what each llama_decode returned, and a way to spoil logits. */
function observed(): LlamaLibrary & { statuses: number[]; spoil: boolean } {
  const library = openLlama();
  const native = library.api.decode;
  const statuses: number[] = [];
  const watched = {
    ...library,
    statuses,
    spoil: false,
    api: {
      ...library.api,
      decode: Object.assign((...args: Parameters<typeof native>) => native(...args), {
        async: (...[context, batch, done]: Parameters<typeof native.async>) => {
          native.async(context, batch, (error, status) => {
            statuses.push(status);
            done(error, status);
          });
        },
      }),
    },
    memcpy: (...args: Parameters<LlamaLibrary['memcpy']>) => {
      library.memcpy(...args);
      if (watched.spoil) args[0][4711] = NaN;
    },
  };
  return watched;
}

describe('cpu driver: a loaded model', () => {
  const library = observed();
  const device = new CpuDevice({ library, cores: 1 });
  let model: CpuModel;

  beforeAll(async () => {
    model = await device.load({ path: testModelPath(), slots: 2, kvTokens: 2048 });
  });
  afterEach(() => {
    for (const slot of [0, 1]) model.release(slot);
  });
  afterAll(() => device.close());

  it('tells what prompts need to know', () => {
    const { specialTokens, chatTemplate, ...rest } = model.metadata;
    expect(rest).toEqual({
      architecture: 'llama',
      name: 'Smollm2 135M 8k Lc100K Mix1 Ep2',
      vocabularySize: 49_152,
      trainedContextLength: 8192,
      addBos: false,
      bosToken: { id: 1, text: '<|im_start|>' },
      eosToken: { id: 2, text: '<|im_end|>' },
      endTokens: [0, 2, 4],
    });
    expect(specialTokens).toHaveLength(17);
    expect(chatTemplate).toContain('<|im_start|>');
  });

  it('names the library and the memory', async () => {
    expect(device.info()).toMatchObject({ kind: 'cpu', libraryVersion: '0.5.0-dev' });
    const { heaps, threads } = await device.telemetry();
    expect(threads).toBeGreaterThan(0);
    expect(heaps).toEqual([expect.objectContaining({ name: 'host memory' })]);
  });

  it('stops inside a step, in the library, while the event loop turns', async () => {
    const prompt = await model.encode('def fibonacci(n):\n    return n\n'.repeat(100));
    const expected = await run(model, 1, prompt.slice(0, 40), 4);
    library.statuses.length = 0;
    const running = feed(model, 0, prompt.slice(0, 1024));
    const ended = expect(running).rejects.toMatchObject({ code: 'aborted' });
    await turn();
    expect(library.statuses).toEqual([]);
    model.abort();
    await ended;
    // 2: aborted. A step that was computed to its end would have returned 0.
    expect(library.statuses).toEqual([2]);
    expect(model.length(0)).toBe(0);
    model.release(1);
    expect(await run(model, 0, prompt.slice(0, 40), 4)).toEqual(expected);
  });

  it('takes back the parts of an aborted step that were done', async () => {
    const prompt = (await model.encode('def fibonacci(n):\n    return n\n'.repeat(100))).slice(
      0,
      512,
    );
    const begun = performance.now();
    const first = await feed(model, 0, prompt);
    const wholeMs = performance.now() - begun;
    // Best while the second of the two micro-batches is on its way. On a machine whose speed changes
    // the step may be over by then: an earlier abort must hold as well.
    let outcome: unknown;
    for (const share of [0.75, 0.5, 0.25, 0.1]) {
      model.release(0);
      const running = feed(model, 0, prompt).catch((error: unknown) => error);
      await new Promise((resolve) => setTimeout(resolve, share * wholeMs));
      model.abort();
      outcome = await running;
      if (outcome instanceof Error) break;
    }
    expect(outcome).toMatchObject({ code: 'aborted' });
    expect(model.length(0)).toBe(0);
    expect(await feed(model, 0, prompt)).toBe(first);
  });

  it('survives logits that are no numbers', async () => {
    const prompt = await model.encode('Once upon a time');
    const [first = 0, ...rest] = await run(model, 0, prompt, 6);
    model.truncate(0, prompt.length);
    library.spoil = true;
    const damaged = decode(model, 0, first, 1).finally(() => (library.spoil = false));
    await expect(damaged).rejects.toMatchObject({ code: 'invalidModel' });
    expect(model.length(0)).toBe(prompt.length);
    expect(await decode(model, 0, first, 5)).toEqual(rest);
  });

  it('encodes a long text whole, beside the event loop', async () => {
    const text = 'naïve — "const x = 1;" 漢字 🙂\n'.repeat(4000);
    let settled = false;
    const encoding = model.encode(text).finally(() => (settled = true));
    await turn();
    expect(settled).toBe(false);
    const pieces = Array.from(await encoding, (token) => model.piece(token));
    expect(Buffer.concat(pieces).toString()).toBe(text);
  });

  it('has a thread on each core but one', async () => {
    expect(model.threads).toBe(1);
    const wide = new CpuDevice({ library, cores: 4 });
    const other = await wide.load({ path: testModelPath(), slots: 1, kvTokens: 256 });
    expect(other.threads).toBe(3);
    await wide.close();
  });

  it.each([0, 257, 1.5])('has no model with %d slots', async (slots) => {
    const load = device.load({ path: testModelPath(), slots });
    await expect(load).rejects.toBeInstanceOf(RangeError);
  });
});

describe('cpu driver: loading', () => {
  let folder: string;
  let copy: string;
  const device = new CpuDevice({ cores: 1 });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tpu-pilot-gguf-'));
    copy = join(folder, 'copy.gguf');
    await copyFile(testModelPath(), copy);
  });
  afterAll(async () => {
    await device.close();
    await rm(folder, { recursive: true });
  });

  /** Load the copy with one byte changed, and change it back. */
  async function loadChanged(at: number, byte: number): Promise<CpuModel> {
    const file = await open(copy, 'r+');
    const { buffer: original } = await file.read(Buffer.alloc(1), 0, 1, at);
    try {
      await file.write(Buffer.of(byte), 0, 1, at);
      return await device.load({ path: copy, slots: 1, kvTokens: 256 });
    } finally {
      await file.write(original, 0, 1, at);
      await file.close();
    }
  }

  it.each([
    ['its magic', 0, 0, 'invalidModel', /does not begin with "GGUF"/],
    ['its version', 4, 9, 'invalidModel', /GGUF version 9/],
    ['its number of tensors', 8, 0xff, 'invalidModel', /./],
    ['its architecture', 66, 0x63, 'unsupportedModel', /unknown model architecture: 'llcma'/],
    ['its width', 558, 16, 'invalidModel', /./],
    ['a key that it needs', 545, 0x65, 'invalidModel', /key not found in model/],
    ['its tokenizer', 1014, 0xe7, 'invalidModel', /unknown tokenizer/],
  ])('says what is wrong when %s is damaged', async (_, at, byte, code, reason) => {
    const load = loadChanged(at, byte);
    await expect(load).rejects.toMatchObject({ name: 'DeviceError', code });
    await expect(load).rejects.toThrow(reason);
  });

  it('still loads the undamaged file after all of that', async () => {
    const progress: number[] = [];
    const onProgress = (fraction: number) => void progress.push(fraction);
    const model = await device.load({ path: copy, slots: 1, kvTokens: 256, onProgress });
    expect(progress).toEqual(progress.toSorted((x, y) => x - y));
    expect(progress.at(-1)).toBe(1);
    expect(await feed(model, 0, await model.encode('Once upon a time'))).toBeGreaterThan(0);
    await model.dispose();
  });

  it.each([
    ['nothing', 0, /has only 0 bytes/],
    ['a part of its header', 100_000, /cut short inside its header/],
    ['a part of its tensors', 60_000_000, /its tensors need 98362432/],
  ])('refuses a file of which %s is there', async (_, size, reason) => {
    const part = join(folder, 'part.gguf');
    await copyFile(testModelPath(), part);
    await truncate(part, size);
    const load = device.load({ path: part, slots: 1 });
    await expect(load).rejects.toMatchObject({ code: 'invalidModel' });
    await expect(load).rejects.toThrow(reason);
  });

  it('refuses what is no GGUF file', async () => {
    const text = join(folder, 'text.gguf');
    await writeFile(text, 'once upon a time');
    await expect(device.load({ path: text, slots: 1 })).rejects.toThrow(/does not begin with/);
    await expect(device.load({ path: folder, slots: 1 })).rejects.toMatchObject({
      code: 'invalidModel',
    });
  });

  it('refuses a model for the card, and says what runs it', async () => {
    const compiled = join(folder, 'qwen');
    await mkdir(compiled);
    await writeFile(join(compiled, 'model.bmodel'), Uint8Array.of(0xee, 0xaa, 0x55, 0xff));
    for (const path of [compiled, join(compiled, 'model.bmodel')]) {
      const load = device.load({ path, slots: 1 });
      await expect(load).rejects.toMatchObject({ code: 'unsupportedModel' });
      await expect(load).rejects.toThrow(/BM1684X; start the backend with --device bm1684x/);
    }
  });

  it('refuses a model that does not fit, before it takes any memory', async () => {
    const poor = new CpuDevice({ cores: 1, availableMemory: () => 50e6 });
    await expect(poor.load({ path: testModelPath(), slots: 1 })).rejects.toMatchObject({
      code: 'noMemory',
      shortage: { heap: 'host memory', availableBytes: 45e6 },
    });
    await poor.close();
  });

  it('lowers the KV cache to what fits', async () => {
    const modest = new CpuDevice({ cores: 1, availableMemory: () => 250e6 });
    const model = await modest.load({ path: testModelPath(), slots: 4 });
    expect(model.kvTokens).toBeGreaterThanOrEqual(2048);
    expect(model.kvTokens).toBeLessThan(8192);
    expect(model.contextLength).toBe(model.kvTokens);
    await modest.close();
  });

  it('loads one after the other when asked for two at once, and frees both', async () => {
    const other = new CpuDevice({ cores: 1 });
    const options = { path: testModelPath(), slots: 1, kvTokens: 256 };
    const models = await Promise.all([other.load(options), other.load(options)]);
    const prompt = await models[0].encode('Once upon a time');
    const first = await feed(models[0], 0, prompt);
    expect(await feed(models[1], 0, prompt)).toBe(first);
    await other.close();
    await other.close();
    await expect(other.load(options)).rejects.toMatchObject({ code: 'lost' });
  });
});
