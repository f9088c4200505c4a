/**
 * The real compiler and the vendor's emulator: small random models are compiled, and must pass or
 * fail.
 */
import { cp, mkdir, open, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ModelStore } from '../../backend/models/store.ts';
import { VerifyParams, type VerificationReport } from '../../backend/protocol/verification.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { localRunner } from '../../backend/toolchain/runner.ts';
import { Steps } from '../../backend/toolchain/steps.ts';
import { readReport } from '../../backend/verification/reportFile.ts';
import { findTarget } from '../../backend/verification/target.ts';
import { findToolchain } from '../../backend/toolchain/find.ts';
import { verifyModel, type VerifyEdges } from '../../backend/verification/verify.ts';
import { findTestDevice } from '../support/verifyDevice.ts';
import { describeCompiler, toolchainHome } from '../support/linkToolchain.ts';
import { sharedFolder } from '../support/temporaryFolder.ts';
import { compileTinyModel, makeTinyModel, type TinyBuild } from '../support/compiledModel.ts';

const layout = toolchainLayout(toolchainHome);
const MINUTES = 60_000;

const nobody = { onProgress: () => undefined, onNotice: () => undefined };
const never = new AbortController().signal;
const edges: VerifyEdges = {
  env: process.env,
  now: () => new Date(),
  findToolchain: () => findToolchain(toolchainHome, process.env),
  findDevice: findTestDevice,
};

describeCompiler('verification', () => {
  const folder = sharedFolder();
  const steps = new Steps(layout, localRunner(process.env), never, nobody, 'look');
  let store: ModelStore;
  let sound: string;
  /** Of the sound model's float model. */
  let answers: VerificationReport['greedy'] = [];

  const build = async (source: string, name: string, options: TinyBuild): Promise<string> => {
    const out = path.join(folder(), name);
    await compileTinyModel(steps, source, out, options);
    return out;
  };

  /** As a client would ask for it. */
  const verify = async (
    model: string,
    params: Omit<Partial<VerifyParams>, 'model'> = {},
  ): Promise<VerificationReport> => {
    const listener = { onProgress: () => undefined, log: () => undefined };
    const asked = VerifyParams.parse({ ...params, model });
    return verifyModel(store, asked, listener, never, edges);
  };

  /** What figures.py says of two tensors, as expressions of numpy. */
  const compare = async (expected: string, actual: string): Promise<Record<string, unknown>> => {
    const script =
      'import json, sys; sys.path.insert(0, sys.argv[1]); import numpy as np; ' +
      'from figures import compare; nan = np.nan; ' +
      'print(json.dumps(compare("x", *(np.array(eval(text)) for text in sys.argv[2:]))))';
    let figures: Record<string, unknown> = {};
    const scripts = path.join(import.meta.dirname, '../../backend/verification/python');
    await steps.run(layout.python, ['-B', '-c', script, scripts, expected, actual], {
      onLine: (line, stream) => {
        if (stream === 'stdout') figures = JSON.parse(line) as Record<string, unknown>;
      },
    });
    return figures;
  };

  it.each([
    ['equal', '[[3.0, 4.0]]', '[[3.0, 4.0]]', { cosine: 1, euclidean: 1, largestError: 0 }],
    // |a - b| = 5, |(a + b) / 2| = 7.5
    ['of another scale', '[[3.0, 4.0]]', '[[6.0, 8.0]]', { cosine: 1, euclidean: 1 - 5 / 7.5 }],
    ['of the other sign', '[[3.0, 4.0]]', '[[-3.0, -4.0]]', { cosine: -1, largestError: 8 }],
    ['nothing at all', '[[3.0, 4.0]]', '[[0.0, 0.0]]', { cosine: 0, sqnr: 0, isUnwritten: false }],
    ['with a hole', '[[3.0, 4.0]]', '[[nan, 4.0]]', { nanCount: 1, isUnwritten: false }],
    ['never written', '[[3.0, 4.0]]', '[[nan, nan]]', { nanCount: 2, isUnwritten: true }],
    ['tokens', '[5, 6, 7, 8]', '[5, 6, 7, 9]', { cosine: 0.75, euclidean: 0.75 }],
  ])('measures tensors that are %s', async (_name, expected, actual, figures) => {
    expect(await compare(expected, actual)).toMatchObject(figures);
  });

  it('names the channels that stand out', async () => {
    const figures = await compare('np.ones((4, 64))', 'np.ones((4, 64)) + 9 * np.eye(64)[[7] * 4]');
    expect(figures['actual']).toMatchObject({
      outliers: [{ channel: 7, peak: 10, ratio: 10 }],
      histogram: expect.arrayContaining([252, 4]) as number[],
    });
    expect(figures['reference']).toMatchObject({ outliers: [] });
  });

  const chat = ['--use_history_kv', '--chunk_length', '32', '--do_sample'];

  beforeAll(async () => {
    store = new ModelStore(path.join(folder(), 'home'));
    const qwen3 = path.join(folder(), 'qwen3');
    await makeTinyModel(steps, qwen3, { architecture: 'Qwen3', layers: 2 });
    sound = await build(qwen3, 'sound', { quantization: 'w8bf16', options: chat });
  }, 15 * MINUTES);

  it(
    'finds a sound model faithful: each tensor, and each token',
    async () => {
      const report = await verify(sound);
      expect(failing(report)).toStrictEqual([]);
      expect(report).toMatchObject({ passed: true, quantization: 'w8bf16', notes: [] });
      expect(report.subModels.map(({ name }) => name)).toStrictEqual([
        ...['embedding', 'embedding_cache'],
        ...[0, 1].flatMap((i) => [`block_${i}`, `block_kv_${i}`, `block_cache_${i}`]),
        ...['lm_head', 'greedy_head', 'sample_head'],
      ]);
      // Eight bits cannot be without any loss.
      const [states] = report.subModels.find(({ name }) => name === 'block_0')?.tensors ?? [];
      expect(states?.sqnr).toBeLessThan(60);
      expect(report.greedy).toHaveLength(3);
      answers = report.greedy;
      for (const { expected, actual } of report.greedy) expect(actual).toStrictEqual(expected);
      expect(await readReport(await findTarget(store, sound))).toStrictEqual(report);
    },
    15 * MINUTES,
  );

  it(
    'catches a decode block whose keys and values were dropped, by name',
    async () => {
      const source = path.join(folder(), 'qwen3');
      const wrong = await build(source, 'wrong', {
        quantization: 'w8bf16',
        options: chat,
        isMiscompiled: true,
      });
      const report = await verify(wrong, { layers: [1] });
      expect(report.passed).toBe(false);
      expect(failing(report)).toStrictEqual(['block_cache_1']);
      // 16 bits would not bring the keys back.
      expect(report.keepHigh).toBeUndefined();
      expect(report.notes.join()).toContain('block_cache_1 fails');
    },
    15 * MINUTES,
  );

  it('refuses a file with flipped bytes, and one that is cut short, by name', async () => {
    const copy = path.join(folder(), 'damaged');
    await cp(sound, copy, { recursive: true });
    const file = path.join(copy, 'tiny.bmodel');
    const handle = await open(file, 'r+');
    const { size } = await handle.stat();
    await handle.write(Buffer.from([1, 2, 3, 4]), 0, 4, Math.floor(size * 0.95));
    await handle.close();
    await expect(verify(copy)).rejects.toMatchObject({
      errorName: 'modelDamaged',
      message: expect.stringContaining(file) as string,
    });
    await truncate(file, size - 1000);
    await expect(verify(copy)).rejects.toThrow(`${file} is damaged: it has ${size - 1000} bytes`);
  });

  describe('with data of the user', () => {
    let data: string;
    const hidden = Buffer.alloc(128 * 2);

    beforeAll(async () => {
      data = path.join(folder(), 'data');
      await mkdir(data, { recursive: true });
    });

    it('runs one net on a raw file in its own types', async () => {
      const [input, reference] = [path.join(data, 'a.bin'), path.join(data, 'b.bin')];
      await writeFile(input, hidden);
      // Nothing times the matrix is nothing: 512 logits in f32.
      await writeFile(reference, Buffer.alloc(512 * 4));
      const report = await verify(sound, { input, reference, net: 'lm_head' });
      expect(report.passed).toBe(true);
      expect(report.subModels).toMatchObject([{ name: 'lm_head', tensors: [{ shape: [1, 512] }] }]);
      await writeFile(reference, Buffer.alloc(512 * 4, 64));
      expect((await verify(sound, { input, reference, net: 'lm_head' })).passed).toBe(false);
    });

    it('refuses a size that does not fit, with the shape that would', async () => {
      const [input, reference] = [path.join(data, 'c.bin'), path.join(data, 'd.bin')];
      await writeFile(input, hidden.subarray(2));
      await writeFile(reference, Buffer.alloc(512 * 4));
      await expect(verify(sound, { input, reference, net: 'lm_head' })).rejects.toThrow(
        'c.bin has 254 bytes; expected 256: hidden_states [1, 128] bf16',
      );
    });

    it('decodes net by net what the driver decoded at once', async () => {
      const full = await firstAnswer();
      expect(full.next).toHaveLength(8);
      const tokens = Buffer.from(Int32Array.from(full.ids).buffer);
      const [input, reference] = [path.join(data, 'ids.bin'), path.join(data, 'next.npz')];
      await writeFile(input, tokens);
      const script =
        'import numpy, sys; numpy.savez(sys.argv[1], tokens=numpy.int32([int(i) for i in sys.argv[2:]]))';
      await steps.run(layout.python, ['-c', script, reference, ...full.next.map(String)]);
      const raw = path.join(data, 'next.bin');
      await writeFile(raw, Buffer.from(Int32Array.from(full.next).buffer));
      for (const file of [reference, raw]) {
        const report = await verify(sound, { input, reference: file });
        expect(report.subModels).toMatchObject([
          { name: 'whole model', passed: true, tensors: [{ name: 'tokens', cosine: 1 }] },
        ]);
      }
    });

    /** The first prompt's tokens, and what the driver said after them. */
    async function firstAnswer(): Promise<{ ids: number[]; next: number[] }> {
      const tokenizer = path.join(sound, 'tokenizer.json');
      const script =
        'import json, sys; from tokenizers import Tokenizer; ' +
        'print(json.dumps(Tokenizer.from_file(sys.argv[1]).encode(sys.argv[2]).ids))';
      let ids: number[] = [];
      const prompt = 'The capital of France is';
      await steps.run(layout.python, ['-c', script, tokenizer, prompt], {
        onLine: (line) => (ids = JSON.parse(line) as number[]),
      });
      return { ids, next: answers[0]?.actual ?? [] };
    }
  });

  it('goes on in another process when a net has ended one', async () => {
    const device = await findTestDevice(folder(), 'emulator');
    const nets = await device.openNets(path.join(sound, 'tiny.bmodel'), never);
    const zeros = (net: string) =>
      nets.nets
        .find(({ name }) => name === net)!
        .inputs.map(({ bytes, shapes: [shape] }) => ({
          shape: shape!,
          data: new Uint8Array(bytes),
        }));
    try {
      const head = zeros('lm_head');
      expect(await nets.run('lm_head', head)).toMatchObject([{ shape: [1, 512] }]);
      // It is to choose among none, which the emulator does not survive.
      const crashed = await nets.run('sample_head', zeros('sample_head'));
      expect(crashed).toMatch(/^it was ended by SIG\w+: .*Assertion "K > 0/u);
      expect(await nets.run('lm_head', head)).toMatchObject([{ shape: [1, 512] }]);
      const smaller = head.map(({ data }) => ({ data, shape: [1, 64] }));
      expect(await nets.run('lm_head', smaller)).toContain(
        'lm_head takes hidden_states as [1, 128] bf16, not as [1, 64] of 256 bytes.',
      );
    } finally {
      await nets.close();
    }
  });

  it(
    'verifies 4 bits, static prefill and a head that gives tokens, of a qwen2',
    async () => {
      const source = path.join(folder(), 'qwen2');
      // As in a trained model, a layer changes its input a little: four bits of random weights cost
      // a tenth of what it adds.
      await makeTinyModel(steps, source, { architecture: 'Qwen2', layers: 1, gain: 1 });
      const model = await build(source, 'static', {
        quantization: 'w4bf16',
        options: ['-g', '32'],
      });
      const report = await verify(model);
      expect(failing(report)).toStrictEqual([]);
      expect(report.passed).toBe(true);
    },
    15 * MINUTES,
  );
});

function failing({ subModels }: VerificationReport): string[] {
  return subModels.filter(({ passed }) => !passed).map(({ name }) => name);
}
