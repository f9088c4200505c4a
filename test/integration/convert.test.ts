/** Conversions with the real compiler: small random models become bmodels. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { homePaths } from '../../backend/client/home.ts';
import { convert } from '../../backend/conversion/convert.ts';
import { scriptText } from '../../backend/conversion/scripts.ts';
import { CpuDevice } from '../../backend/devices/cpu.ts';
import { readBmodel, type Bmodel } from '../../backend/formats/bmodel.ts';
import { defaultConversionEdges } from '../../backend/jobs/convertJob.ts';
import { addModel } from '../../backend/models/add.ts';
import { readManifest } from '../../backend/models/manifest.ts';
import { ModelStore } from '../../backend/models/store.ts';
import { ConvertParams } from '../../backend/protocol/conversion.ts';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import { VerifyParams } from '../../backend/protocol/verification.ts';
import type { ModelInfo } from '../../backend/protocol/models.ts';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { processesOf } from '../../backend/toolchain/processTree.ts';
import { defaultVerifyEdges, verifyModel } from '../../backend/verification/verify.ts';
import { BackendProcess } from '../support/backendProcess.ts';
import { findTestDevice } from '../support/verifyDevice.ts';
import { describeCompiler, toolchainHome } from '../support/linkToolchain.ts';
import { testModelPath } from '../support/provideModel.ts';
import { run } from '../support/run.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';
import { makeTinyModel, type TinyModelOptions } from '../support/tinyModel.ts';

const toolchain = toolchainLayout(toolchainHome);
const CONVERT_MS = 5 * 60_000;
const edges = defaultVerifyEdges(findTestDevice);

/** A home with the compiler, and a model that is to be converted. */
async function setUp(model: TinyModelOptions = {}) {
  const folder = await temporaryFolder();
  const home = path.join(folder, 'home');
  const store = new ModelStore(home);
  const source = path.join(folder, 'tiny');
  await mkdir(home);
  await symlink(toolchain.root, path.join(home, 'toolchain'));
  await makeTinyModel(source, model);
  const log: string[] = [];
  const start = async (
    params: object,
    signal = new AbortController().signal,
    onLine: (line: string) => void = () => undefined,
  ): Promise<ModelInfo> => {
    const listener = {
      onProgress: () => undefined,
      onNotice: (text: string) => log.push(text),
      log: (line: string) => {
        log.push(line);
        onLine(line);
      },
    };
    const parsed = ConvertParams.parse({ source, ...params });
    const edges = defaultConversionEdges(process.env);
    return convert(store, parsed, listener, signal, edges).catch((error: unknown) => {
      if (!signal.aborted) process.stderr.write(`${log.slice(-40).join('\n')}\n`);
      throw error;
    });
  };
  return { folder, home, store, source, log, start };
}

const bmodelOf = (model: ModelInfo): Promise<Bmodel> =>
  readBmodel(path.join(model.path, 'model.bmodel'));

/** Bytes and sha256 of a net's weights. */
function weightsOf(bmodel: Bmodel, net: string): { size: number; sha256: string | undefined } {
  const weights = bmodel.nets.find(({ name }) => name === net)?.stages[0]?.weights;
  return { size: weights?.size ?? 0, sha256: weights?.sha256 };
}

const python = (args: readonly string[]): Promise<string> =>
  run(toolchain.python, args, { timeoutMs: 300_000 });

/** Tokens of each text by the library that Hugging Face's tokenizers are run with. */
async function tokensOf(file: string, texts: readonly string[]): Promise<number[][]> {
  const script =
    'import json, sys, tokenizers\n' +
    't = tokenizers.Tokenizer.from_file(sys.argv[1])\n' +
    'print(json.dumps([t.encode(x, add_special_tokens=False).ids for x in json.loads(sys.argv[2])]))';
  return JSON.parse(await python(['-c', script, file, JSON.stringify(texts)])) as number[][];
}

/** Names of the tensors that two model folders do not have alike. */
async function differentTensors(one: string, other: string): Promise<unknown> {
  const script =
    'import json, sys, torch\n' +
    'from safetensors.torch import load_file\n' +
    'a, b = (load_file(f + "/model.safetensors") for f in sys.argv[1:])\n' +
    'same = lambda k: k in a and k in b and torch.equal(a[k].float(), b[k].float())\n' +
    'print(json.dumps([k for k in sorted(set(a) | set(b)) if not same(k)]))';
  return JSON.parse(await python(['-c', script, one, other]));
}

const texts = [
  'def fib(n: int) -> int:\n    """n-th"""\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\n',
  '\tif (x === 12345 && !isDone) {\r\n\t\treturn `${x}…`;  // don’t, I’ll\r\n}',
  '你好，世界！请使用C++写一段冒泡排序算法。',
  'Emoji 😀👍🏽👩‍👩‍👧‍👦 and flags 🇨🇳, accents: naïve café, ümlaut, Ελληνικά',
  '   leading, trailing   \n \n\n  and 3.14159 0x1F 1_000_000',
];

describeCompiler('converting', () => {
  it(
    'makes of a Qwen3 all that serving needs, with a layer in 16 bits',
    async () => {
      const { start, store, source, home } = await setUp();
      const options = { sequenceLength: 64, keepHigh: [1] };
      const model = await start({ options, alias: 'tiny' });
      expect(await store.get('tiny')).toMatchObject({ format: 'bmodel', contextLength: 64 });
      const bmodel = await bmodelOf(model);
      expect(bmodel.nets.map(({ name }) => name).sort()).toEqual(
        [
          ...['embedding', 'embedding_cache', 'lm_head', 'greedy_head', 'sample_head'],
          ...['block_0', 'block_cache_0', 'block_kv_0', 'block_1', 'block_cache_1', 'block_kv_1'],
        ].sort(),
      );
      // The other has half of the bytes, and scales and zero points of seven matrices, in pages.
      const [low, high] = [weightsOf(bmodel, 'block_0'), weightsOf(bmodel, 'block_1')];
      expect(high.size - low.size).toBeGreaterThanOrEqual(147_456 - 14 * 4096);
      for (const layer of [0, 1]) {
        const nets = ['block_', 'block_cache_', 'block_kv_'].map((name) => `${name}${layer}`);
        const sizes = nets.map((net) => weightsOf(bmodel, net).size);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(70_000);
      }
      for (const name of ['tokenizer.json', 'tokenizer_config.json', 'config.json']) {
        const [made, given] = await Promise.all(
          [model.path, source].map((folder) => readFile(path.join(folder, name), 'utf8')),
        );
        expect(made).toBe(given);
      }
      const { conversion } = await readManifest(path.join(homePaths(home).models, model.id));
      expect(conversion?.versions.map(({ version }) => version)).toContainEqual(
        expect.stringMatching(/^v1\.30\.2/),
      );
      expect(existsSync(homePaths(home).conversions)).toBe(true);
      expect(conversion?.options).toMatchObject({ chunkLength: 16, keepHigh: [1] });
    },
    CONVERT_MS,
  );

  it(
    'goes on with a Qwen2 in 4 bits where it was cancelled',
    async () => {
      const { start, log } = await setUp({ architecture: 'qwen2' });
      const params = {
        options: {
          quantization: 'w4bf16',
          sequenceLength: 64,
          prefill: 'static',
          hasPrefixReuse: false,
          head: 'token',
        },
      };
      const controller = new AbortController();
      const isCompiled = (line: string): boolean => line.endsWith(' is compiled');
      const cancelled = start(params, controller.signal, (line) => {
        if (isCompiled(line) && log.filter(isCompiled).length === 3) controller.abort();
      });
      await expect(cancelled).rejects.toMatchObject({ errorName: 'cancelled' });
      const before = log.filter(isCompiled);
      log.length = 0;
      const model = await start(params);
      for (const line of before) expect(log).toContain(`${line} already`);
      expect(before.length + log.filter(isCompiled).length).toBe(7);
      const bmodel = await bmodelOf(model);
      expect(bmodel.nets.every(({ stages }) => stages.length === 1)).toBe(true);
      const prefill = bmodel.nets.find(({ name }) => name === 'block_0')?.stages[0];
      expect([prefill?.isDynamic, prefill?.inputs.length]).toEqual([false, 3]);
      // Halves of bytes, scales and zero points, and less than a layer of 8 bits would take.
      expect(weightsOf(bmodel, 'block_0').size).toBeLessThan(196_608);
    },
    CONVERT_MS,
  );

  it(
    'makes of a GGUF what it makes of the Llama that the GGUF was made of',
    async () => {
      const { start, folder, source, store } = await setUp({
        architecture: 'llama',
        layers: 1,
        isTied: false,
      });
      const file = path.join(folder, 'tiny.gguf');
      await python([
        path.join(import.meta.dirname, '../support/writeGguf.py'),
        source,
        file,
        'BF16',
      ]);
      const options = {
        quantization: 'bf16',
        sequenceLength: 64,
        hasPrefixReuse: false,
        head: 'token',
        isEmbeddingOnDisk: true,
      };
      const [one, other] = [await start({ options }), await start({ source: file, options })];
      const [wanted, found] = [await bmodelOf(one), await bmodelOf(other)];
      for (const net of ['block_0', 'block_cache_0', 'lm_head']) {
        expect([net, weightsOf(found, net)]).toEqual([net, weightsOf(wanted, net)]);
        expect(weightsOf(found, net).sha256).toMatch(/^[0-9a-f]{64}$/);
      }
      const tables = await Promise.all(
        [one, other].map((model) => readFile(path.join(model.path, 'embedding.bin'))),
      );
      expect(tables[1]?.equals(tables[0] ?? Buffer.of())).toBe(true);
      const [given, made] = await Promise.all(
        [one, other].map((model) => tokensOf(path.join(model.path, 'tokenizer.json'), texts)),
      );
      expect(made).toEqual(given);
      expect(other.hasChatTemplate).toBe(true);

      const nobody = { onProgress: () => undefined, log: () => undefined };
      const asked = VerifyParams.parse({ model: other.id });
      const report = await verifyModel(store, asked, nobody, new AbortController().signal, edges);
      expect(report).toMatchObject({ passed: true, quantization: 'bf16' });
      // Weights of chance make near ties, which 16-bit sums may decide otherwise.
      for (const { firstDifference } of report.greedy) {
        expect(firstDifference?.isNearTie ?? true).toBe(true);
      }
      const names = report.subModels.map(({ name }) => name);
      expect(names.sort()).toEqual(['block_0', 'block_cache_0', 'lm_head']);
    },
    2 * CONVERT_MS,
  );

  it.each([
    ['w8f16', 64],
    // A scale for few weights: random ones lose more to 4 bits than trained ones.
    ['w4f16', 16],
  ])(
    'makes of a model of the store a %s that is faithful',
    async (quantization, groupSize) => {
      const { start, store, source } = await setUp({ layers: 1, dtype: 'F16', spread: 0.005 });
      const nobody = { onProgress: () => undefined, onNotice: () => undefined };
      const { signal } = new AbortController();
      const { id } = await addModel(store, { path: source, alias: 'mine' }, nobody, signal);
      const options = { quantization, groupSize, sequenceLength: 64, hasPrefixReuse: false };
      const made = await start({ source: 'mine', options: { ...options, head: 'token' } });
      expect([id, made.id]).toEqual(['tiny', `tiny-${quantization}`]);
      const [input] = (await bmodelOf(made)).nets.find(({ name }) => name === 'block_0')!.stages[0]!
        .inputs;
      expect(input?.dtype).toBe('f16');
      const listener = { ...nobody, log: () => undefined };
      const asked = VerifyParams.parse({ model: made.id, layers: [0] });
      const report = await verifyModel(store, asked, listener, signal, edges);
      expect(report).toMatchObject({ passed: true, quantization });
    },
    CONVERT_MS,
  );

  it(
    'makes nets for two chips that share the weights, with the norm of the head',
    async () => {
      const { start } = await setUp({ layers: 1 });
      const { devices, nets } = await bmodelOf(
        await start({ options: { sequenceLength: 64, devices: 2 } }),
      );
      expect(devices).toBe(2);
      const names = ['block_0_0', 'block_0_1', 'block_cache_0_0', 'lm_head_0', 'lm_head_1'];
      expect(nets.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    },
    CONVERT_MS,
  );

  it('unpacks the weights of a GGUF, and a tokenizer that makes the tokens of the original', async () => {
    const { folder } = await setUp();
    const source = path.join(folder, 'whole');
    const sizes = { hiddenSize: 32, innerSize: 32, heads: 1, kvHeads: 1, layers: 1 };
    await makeTinyModel(source, { ...sizes, isWholeVocabulary: true });
    const [file, made] = [path.join(folder, 'whole.gguf'), path.join(folder, 'made')];
    await python([path.join(import.meta.dirname, '../support/writeGguf.py'), source, file, 'BF16']);
    await python(['-c', await scriptText('import_gguf.py'), file, made]);
    expect(await differentTensors(source, made)).toEqual([]);
    const marked = [...texts, '<|im_start|>user\n中文<|im_end|>', '<think>\n\n</think>'];
    const [given, found] = await Promise.all(
      [source, made].map((model) => tokensOf(path.join(model, 'tokenizer.json'), marked)),
    );
    expect(found).toEqual(given);
    const [before, after] = await Promise.all(
      [source, made].map(
        async (model) =>
          JSON.parse(await readFile(path.join(model, 'tokenizer_config.json'), 'utf8')) as {
            chat_template: string;
          },
      ),
    );
    expect(after?.chat_template).toBe(before?.chat_template);
  }, 300_000);

  it('unpacks a trained GGUF into the tokens that llama.cpp makes', async () => {
    const folder = await temporaryFolder();
    await python(['-c', await scriptText('import_gguf.py'), testModelPath(), folder]);
    const found = await tokensOf(path.join(folder, 'tokenizer.json'), texts);
    const device = new CpuDevice({ cores: 1 });
    onTestFinished(() => device.close());
    const model = await device.load({ path: testModelPath(), slots: 1, kvTokens: 256 });
    const wanted = await Promise.all(texts.map(async (text) => [...(await model.encode(text))]));
    expect(found).toEqual(wanted);
  }, 300_000);

  it(
    'goes on as a job after its backend was killed',
    async () => {
      const { home, source } = await setUp({ layers: 1 });
      const first = BackendProcess.spawn(home);
      onTestFinished(async () => {
        await first.end();
      });
      const client = await BackendClient.connect((await first.ready()).target);
      const options = { sequenceLength: 64, head: 'token' as const };
      const job = await client.request('convert/start', { source, options });
      const logged = async (from: BackendClient): Promise<string[]> => {
        const lines: string[] = [];
        for (;;) {
          const part = await from.request('job/log', { job: job.id, from: lines.length });
          if (part.lines.length === 0) return lines;
          lines.push(...part.lines);
        }
      };
      const compiled = (lines: readonly string[]): string[] =>
        lines.flatMap((line) => /^(\w+) is compiled$/.exec(line)?.[1] ?? []);
      await expect
        .poll(async () => compiled(await logged(client)).length, { timeout: CONVERT_MS })
        .toBeGreaterThanOrEqual(2);
      await first.end('SIGKILL');

      const second = BackendProcess.spawn(home);
      onTestFinished(async () => {
        await second.end();
      });
      const other = await BackendClient.connect((await second.ready()).target);
      const found = await other.request('job/get', { job: job.id });
      expect(found).toMatchObject({ state: 'interrupted', isResumable: true, id: job.id });
      const before = compiled(await logged(other));
      const ended = new Promise<JobInfo>((resolve) => {
        other.on('job/changed', (changed) => {
          if (!['queued', 'running'].includes(changed.state)) resolve(changed);
        });
      });
      await other.request('job/resume', { job: job.id });
      const end = await ended;
      expect(end).toMatchObject({ state: 'done', model: 'tiny-w8bf16', fraction: 1 });
      const after = await logged(other);
      for (const name of before) expect(after).toContain(`${name} is compiled already`);
      expect(new Set(compiled(after)).size).toBe(compiled(after).length);
      const { models } = await other.request('model/list', null);
      expect(models.map(({ id }) => id)).toEqual(['tiny-w8bf16']);
      const work = after.find((line) => line.startsWith('> graphs')) ?? '';
      const folder = /"work":"([^"]+)"/.exec(work)?.[1] ?? 'none';
      for (const worker of [0, 1]) {
        expect(await processesOf(`convert:${folder}:${worker}`)).toEqual([]);
      }
      await other.close();
      await second.end('SIGTERM');
    },
    2 * CONVERT_MS,
  );

  it(
    'says what the compiler said of a model that it cannot take',
    async () => {
      const { start, source } = await setUp({ layers: 1 });
      // The file has as many bytes as before, and one tensor less.
      const file = path.join(source, 'model.safetensors');
      const bytes = await readFile(file, 'latin1');
      await writeFile(file, bytes.replace('mlp.up_proj.weight', 'mlp.ub_proj.weight'), 'latin1');
      const failed = start({ options: { sequenceLength: 64 } });
      await expect(failed).rejects.toMatchObject({ errorName: 'conversionFailed' });
      await expect(failed).rejects.toThrow(/graphs.*mlp\.up_proj/);
    },
    CONVERT_MS,
  );
});
