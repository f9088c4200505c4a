/**
 * Predictions of a tiny Qwen3 from the real compiler's schedules, beside what the compiler makes of
 * the whole model.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBmodel, type Bmodel } from '../../backend/formats/bmodel.ts';
import type { BuildOptions } from '../../backend/prediction/build.ts';
import type { Prediction } from '../../backend/protocol/prediction.ts';
import { predictionLayout } from '../../backend/timeModel/layout.ts';
import { predictCompiled } from '../../backend/timeModel/predictCompiled.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { processesOf } from '../../backend/toolchain/processTree.ts';
import { localRunner } from '../../backend/toolchain/runner.ts';
import { runTool } from '../../backend/toolchain/toolProcess.ts';
import { describeCompiler, linkToolchain } from '../support/linkToolchain.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const COMPILE_MS = 20 * 60_000;

const tiny = {
  model_type: 'qwen3',
  hidden_size: 128,
  intermediate_size: 256,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 32,
  vocab_size: 512,
  max_position_embeddings: 512,
  tie_word_embeddings: true,
};
const options: BuildOptions = { sequenceLength: 128, chunkLength: 64 };

const makeTinyModel = `
import json, sys, torch
from transformers import Qwen3Config, Qwen3ForCausalLM
config = Qwen3Config(**json.loads(sys.argv[2]))
Qwen3ForCausalLM(config).to(torch.bfloat16).save_pretrained(sys.argv[1])`;

class Asked {
  readonly steps: string[] = [];
  readonly #controller = new AbortController();
  onStep: (step: string) => void = () => undefined;

  static async at(home: string, config: object, build: BuildOptions): Promise<Prediction> {
    return new Asked().predict(home, config, build);
  }

  cancel(): void {
    this.#controller.abort();
  }

  /** @param model a config.json, or the path of a model */
  async predict(home: string, model: object | string, build: BuildOptions): Promise<Prediction> {
    const file = typeof model === 'string' ? model : path.join(home, 'config.json');
    if (typeof model !== 'string') await writeFile(file, JSON.stringify(model));
    const control = {
      signal: this.#controller.signal,
      onProgress: ({ step }: { step: string }) => {
        this.steps.push(step);
        this.onStep(step);
      },
      onNotice: () => expect.unreachable(),
    };
    return predictCompiled(home, file, build, control, { env: process.env });
  }
}

describeCompiler('predicting with the compiler', () => {
  let home: string;
  let prediction: Prediction;

  beforeAll(async () => {
    home = await linkToolchain(await mkdtemp(path.join(tmpdir(), 'tpu-pilot-')));
    prediction = await Asked.at(home, tiny, options);
  }, COMPILE_MS);

  afterAll(() => rm(home, { recursive: true, force: true }));

  it('has every figure from the compiler, and leaves only those figures behind', async () => {
    expect(prediction.compiler).toBe('tpu-mlir 1.30.2');
    const { firstToken, decode } = prediction;
    expect([...firstToken, ...decode].every(({ method }) => method === 'compiled')).toBe(true);
    expect(decode.map(({ kvLength }) => kvLength)).toEqual([64, 128, 64, 128]);
    expect(decode[0]!.stepMilliseconds.expected).toBeLessThan(decode[1]!.stepMilliseconds.expected);
    const { root, figures, work } = predictionLayout(home);
    expect(await readdir(root)).toEqual([path.basename(figures)]);
    expect(existsSync(work)).toBe(false);
    // Two lengths of decode, two prefill nets with and without a schedule, the head.
    expect(await readdir(figures)).toHaveLength(7);
  });

  it('answers again without compiling', async () => {
    const asked = new Asked();
    expect(await asked.predict(home, { ...tiny, num_hidden_layers: 4 }, options)).toMatchObject({
      model: { layers: 4 },
    });
    expect(await asked.predict(home, tiny, options)).toEqual(prediction);
    expect(asked.steps).toEqual([]);
  });

  it(
    'finds exactly the same when it compiles again',
    async () => {
      const other = await linkToolchain(await temporaryFolder());
      expect(await Asked.at(other, tiny, options)).toEqual(prediction);
    },
    COMPILE_MS,
  );

  it(
    'cancelled, it ends the whole process tree and leaves nothing that is half done',
    async () => {
      const asked = new Asked();
      const { work, figures } = predictionLayout(home);
      const known = await readdir(figures);
      const begun = new Promise<void>((resolve) => {
        asked.onStep = (step) => {
          if (step.startsWith('Compiling')) resolve();
        };
      });
      const predicting = asked.predict(home, tiny, { ...options, quantization: 'w4bf16' });
      const ended = expect(predicting).rejects.toMatchObject({ errorName: 'cancelled' });
      await begun;
      await expect.poll(() => processesOf(`predict:${work}`), { timeout: 60_000 }).not.toEqual([]);
      asked.cancel();
      await ended;
      expect(await processesOf(`predict:${work}`)).toEqual([]);
      expect(existsSync(work)).toBe(false);
      expect(await readdir(figures)).toEqual(known);
    },
    COMPILE_MS,
  );

  it('has the memory of the model that the compiler makes', { timeout: COMPILE_MS }, async () => {
    const { folder, bmodel } = await convert(home);
    // The nets that choose a token are left out.
    const nets = bmodel.nets.filter(({ name }) => !/^(greedy|sample)_head$/u.test(name));
    const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + size, 0);
    const weights = bmodel.weights.filter(({ net }) => net !== 'sample_head');
    const first = nets.map(({ stages }) => stages[0]!);
    const stages = nets.flatMap((net) => net.stages);
    const part = (name: string) =>
      prediction.memory.parts.find((one) => one.name === name)!.bytes.expected;
    // In the last layer.
    const finalNorm = 4096;
    expect(part('layers') + part('embedding') + part('outputHead') + finalNorm).toBe(
      sum(weights.map(({ size }) => size)),
    );
    expect(part('kvCache')).toBe(sum(first.map(({ ioBytes }) => ioBytes)));
    expect(part('activations')).toBe(bmodel.memory.neuron);
    expect(part('kernel')).toBe(bmodel.memory.kernel);
    // But for those of the embedding and of the final norm.
    const instructions = sum(stages.map(({ instructionBytes }) => instructionBytes));
    expect(part('instructions') / instructions).toBeGreaterThan(0.95);
    expect(part('instructions') / instructions).toBeLessThan(1.01);
    await takesKept(folder);
  });

  it.each(['qwen2', 'llama'])(
    'knows %s too',
    async (model_type) => {
      const other = { ...tiny, model_type, tie_word_embeddings: false };
      const static64 = { sequenceLength: 64, prefill: 'static', quantization: 'bf16' } as const;
      const { decode, firstToken } = await Asked.at(home, other, static64);
      expect(decode[0]!.tokensPerSecond.expected).toBeGreaterThan(0);
      expect(firstToken[0]!.milliseconds.expected).toBeGreaterThan(0);
    },
    COMPILE_MS,
  );

  it.each<[string, object, BuildOptions, string]>([
    ['an architecture', { ...tiny, model_type: 'gemma3' }, options, 'unsupportedModel'],
    ['groups', tiny, { ...options, groupSize: 96 }, 'configInvalid'],
    ['slots', tiny, { ...options, slots: 4 }, 'configInvalid'],
    ['a chunk', tiny, { ...options, chunkLength: 100 }, 'configInvalid'],
  ])('refuses %s it cannot compile, before it starts', async (_, config, build, errorName) => {
    const asked = new Asked();
    await expect(asked.predict(home, config, build)).rejects.toMatchObject({ errorName });
    expect(asked.steps).toEqual([]);
  });

  /** Only what has no schedule there, and the head, is compiled; the figures are the same. */
  async function takesKept(folder: string): Promise<void> {
    const other = await linkToolchain(await temporaryFolder());
    const asked = new Asked();
    const found = await asked.predict(other, folder, options);
    expect(found.memory.parts).toEqual(prediction.memory.parts);
    expect(found.firstToken).toEqual(prediction.firstToken);
    expect(found.decode).toEqual(prediction.decode);
    const nets = asked.steps.flatMap((step) => /^Compiling (\w+)/u.exec(step)?.[1] ?? []);
    expect(nets).toEqual(['block_0', 'block_kv_0', 'lm_head']);
  }

  async function convert(folder: string): Promise<{ folder: string; bmodel: Bmodel }> {
    const { python, bin } = toolchainLayout(folder);
    const [model, out] = [path.join(folder, 'tiny'), path.join(folder, 'out')];
    await mkdir(out);
    const run = async (...args: string[]) => {
      const command = { file: python, args, cwd: folder, path: [bin, path.dirname(python)] };
      const ended = await runTool(localRunner(process.env), command, {
        id: `test:${folder}`,
        signal: new AbortController().signal,
      });
      expect(ended).toMatchObject({ kind: 'exited', code: 0 });
    };
    await run('-c', makeTinyModel, model, JSON.stringify(tiny));
    const [length, chunk] = [`${options.sequenceLength}`, `${options.chunkLength}`];
    await run(
      ...[path.join(path.dirname(python), 'llm_convert.py'), '-m', model, '-o', out],
      ...['-s', length, '--chunk_length', chunk, '--use_history_kv', '--do_sample'],
      ...['-q', 'w8bf16', '-c', 'bm1684x', '--debug'],
    );
    const [bmodel = ''] = (await readdir(out)).filter((name) => name.endsWith('.bmodel'));
    return { folder: out, bmodel: await readBmodel(path.join(out, bmodel)) };
  }
});
