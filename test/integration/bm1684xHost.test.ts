/** The emulator in real device hosts under the engine: killed, cancelled, two at once, bad models. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { deviceSpecs, thisMachine } from '../../backend/deviceSpecs.ts';
import type { DeviceChoice } from '../../backend/devices/deviceName.ts';
import { RawResult } from '../../backend/protocol/rawGeneration.ts';
import { DeviceEngine } from '../../backend/scheduling/deviceEngine.ts';
import type { GenerationOutcome, ModelHandle } from '../../backend/scheduling/engine.ts';
import type { RequestRecord, StepRecord } from '../../backend/scheduling/observer.ts';
import { BackendProcess, mainModule } from '../support/backendProcess.ts';
import { cardModel, clearBuild } from '../support/cardModel.ts';
import { clearPrompts, type ClearPrompt, type ClearPrompts } from '../support/clearPrompts.ts';
import { describeCompiler, linkToolchain, toolchainHome } from '../support/linkToolchain.ts';
import { testModelPath } from '../support/provideModel.ts';
import { silentLog } from '../support/silentLog.ts';
import { sharedFolder, temporaryFolder } from '../support/temporaryFolder.ts';

const execute = promisify(execFile);
const hostModule = path.join(import.meta.dirname, '../../dist/deviceHost.js');
const COUNT = 4;
/** Tokens of several chunks. */
const LONG = 40;

let folder = '';
let prompts: ClearPrompts;

/** An engine, and what it told of its work. */
class Watched {
  readonly done: RequestRecord[] = [];
  onStep: (step: StepRecord) => void = () => undefined;

  private constructor(readonly engine: DeviceEngine) {}

  static async start(device: DeviceChoice): Promise<Watched> {
    const config = { device, slots: 2, libsophon: undefined };
    const devices = await deviceSpecs(config, hostModule, thisMachine(toolchainHome));
    const watched: Watched = new Watched(
      new DeviceEngine({
        ...{ devices, log: silentLog },
        observer: {
          onRequestDone: (record) => watched.done.push(record),
          onStep: (step) => watched.onStep(step),
        },
      }),
    );
    return watched;
  }

  load(file: string, id = 'tiny'): Promise<void> {
    return this.engine.load({ id, aliases: [], path: file });
  }

  get model(): ModelHandle {
    return this.engine.resolve('tiny', 'chat');
  }

  ask(
    { turns }: ClearPrompt,
    signal = new AbortController().signal,
    onNotice: (message: string) => void = () => undefined,
  ): Promise<GenerationOutcome> {
    const sampling = { temperature: 0 };
    return this.engine.generate(
      {
        ...{ model: this.model, class: 'chat', prompt: turns[0]!, maxTokens: COUNT },
        ...{ sampling, stop: [] },
      },
      { onText: () => undefined, onNotice },
      signal,
    );
  }

  end(): Promise<void> {
    return this.engine.drain(AbortSignal.abort());
  }
}

const tokensOf = ({ tokens }: GenerationOutcome): readonly number[] => tokens;

describeCompiler('hosts of the emulator', () => {
  beforeAll(async () => {
    const built = await cardModel(clearBuild);
    folder = built.folder;
    const [found] = await clearPrompts([{ source: built.source, lengths: [LONG] }], COUNT);
    prompts = found!;
  });

  describe('one chip', () => {
    let one: Watched;
    beforeAll(async () => {
      one = await Watched.start({ kind: 'emulator', chips: 1 });
      await one.load(folder);
    });
    afterAll(() => one.end());

    it('streams PyTorch’s tokens', async () => {
      const { chinese } = prompts.byKind;
      expect(tokensOf(await one.ask(chinese))).toEqual(chinese.answers[0]);
    });

    it('rests on one processor while nobody asks', async () => {
      const [{ pid } = { pid: undefined }] = await one.engine.devices();
      await expect.poll(() => processorsOf(pid!), { timeout: 60_000 }).toMatch(/^(\d+ ){6}$/u);
      const { code } = prompts.byKind;
      expect(tokensOf(await one.ask(code))).toEqual(code.answers[0]);
    });

    it('is killed in the middle of an answer, which goes on with the same tokens', async () => {
      const { code } = prompts.byKind;
      const [{ pid } = { pid: undefined }] = await one.engine.devices();
      let steps = 0;
      one.onStep = () => {
        if (++steps === 2) process.kill(pid!, 'SIGKILL');
      };
      const notices: string[] = [];
      const outcome = await one.ask(code, undefined, (said) => {
        notices.push(said);
      });
      expect(tokensOf(outcome)).toEqual(code.answers[0]);
      expect(notices).toHaveLength(1);
      expect((await one.engine.devices())[0]).toMatchObject({ state: 'ready', restarts: 1 });
      expect(one.done.at(-1)).toMatchObject({ outcome: 'length', continuations: 1 });
    });

    it('stops a cancelled prompt inside its step, and answers the next one', async () => {
      const long = prompts.byLength.get(LONG)!;
      const cancel = new AbortController();
      const before = one.done.length;
      const reading = one.ask(long, cancel.signal);
      while ((await one.engine.devices())[0]!.models[0]!.activeSlots === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      cancel.abort();
      expect((await reading).finishReason).toBe('cancelled');
      while (one.done.length === before) await new Promise((resolve) => setImmediate(resolve));
      const { cancel: seen } = one.done.at(-1)!;
      expect(seen!.lastStep).toBeLessThanOrEqual(seen!.arrivedAtStep);
      expect(tokensOf(await one.ask(long))).toEqual(long.answers[0]);
    });

    it('computes only the new part of a growing conversation', async () => {
      const { turns, answers } = prompts.twoTurns;
      const first = await one.ask({ turns: [turns[0]!], answers });
      expect(tokensOf(first)).toEqual(answers[0]);
      const prompt = Int32Array.from([...turns[0]!, ...answers[0]!, ...turns[1]!]);
      const second = await one.ask({ turns: [prompt], answers });
      expect(tokensOf(second)).toEqual(answers[1]);
      // The last token of an answer is never computed with.
      const cached = turns[0]!.length + COUNT - 1;
      expect(second.timings.cachedTokens).toBeGreaterThanOrEqual(cached);
    });

    it.each([
      ['a GGUF', () => Promise.resolve(testModelPath()), 'unsupportedModel', /--device cpu/],
      ['a bmodel cut short', cutShort, 'modelInvalid', /cut short/],
      ['a bmodel for another chip', otherChip, 'unsupportedModel', /BM1688/],
      ['a model without its tokenizer', withoutTokenizer, 'modelInvalid', /tokenizer/],
      ['a folder without a bmodel', () => copyOf(texts), 'modelInvalid', /has no bmodel/],
      ['a folder with two', withTwo, 'modelInvalid', /several bmodels; name one/],
    ])('refuses %s, and stays up', async (name, make, errorName, said) => {
      const { restarts } = (await one.engine.devices())[0]!;
      const load = one.load(await make(), name);
      await expect(load).rejects.toMatchObject({
        errorName,
        message: expect.stringMatching(said) as string,
      });
      expect((await one.engine.devices())[0]).toMatchObject({ state: 'ready', restarts });
      const { prose } = prompts.byKind;
      expect(tokensOf(await one.ask(prose))).toEqual(prose.answers[0]);
    });
  });

  it('answers two requests at once on two chips, each in a process of its own', async () => {
    const two = await Watched.start({ kind: 'emulator', chips: 2 });
    try {
      await two.load(folder);
      const devices = await two.engine.devices();
      expect(new Set(devices.map(({ pid }) => pid)).size).toBe(2);
      const used = new Set<string>();
      two.onStep = ({ device }) => used.add(device);
      const { chinese, prose } = prompts.byKind;
      const outcomes = await Promise.all([two.ask(chinese), two.ask(prose)]);
      expect(outcomes.map(tokensOf)).toEqual([chinese.answers[0], prose.answers[0]]);
      expect([...used].sort()).toEqual(devices.map(({ id }) => id).sort());
    } finally {
      await two.end();
    }
  });

  it('leaves bmodels alone on the CPU, and says where they run', async () => {
    const cpu = await Watched.start({ kind: 'cpu' });
    try {
      await expect(cpu.load(folder)).rejects.toMatchObject({
        errorName: 'unsupportedModel',
        message: expect.stringContaining('--device emulator') as string,
      });
    } finally {
      await cpu.end();
    }
  });
});

describeCompiler('the program on the emulator', () => {
  const home = sharedFolder();
  beforeAll(async () => {
    await linkToolchain(home());
  });
  const generate = (...words: string[]) =>
    execute(
      process.execPath,
      [mainModule, 'generate', folder, '--device', 'emulator', '--json', ...words],
      { env: { ...process.env, TPU_PILOT_HOME: home() } },
    );

  it('generates PyTorch’s tokens, the last line as JSON', async () => {
    const { turns, answers } = prompts.byKind.code;
    const words = ['--tokens', turns[0]!.join(','), '--max-tokens', String(COUNT)];
    const { stdout } = await generate(...words);
    const result = RawResult.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1)!));
    expect(result).toMatchObject({ tokens: answers[0], finishReason: 'length' });
  });

  it('refuses a token that the model does not have', async () => {
    const failed = generate('--tokens', '5,2112');
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/no token 2112: .* 0 to 2111/) as string,
    });
  });

  it('serves chats', async () => {
    const backend = BackendProcess.spawn(home(), ['--device', 'emulator', '--model', folder]);
    try {
      const client = await BackendClient.connect((await backend.ready()).target);
      await client.settled();
      const { turns, answers } = prompts.byKind.chinese;
      const tokens = [...turns[0]!];
      const raw = await client.streamRaw({ tokens, maxTokens: COUNT }, () => undefined);
      expect(raw.tokens).toEqual(answers[0]);
      const { text, finishReason, timings } = await client.streamChat(
        { messages: [{ role: 'user', content: '你好' }], maxTokens: 3 },
        () => undefined,
      );
      expect({ finishReason, tokens: timings.generatedTokens }).toEqual({
        ...{ finishReason: 'length', tokens: 3 },
      });
      expect(text).not.toBe('');
      await client.close();
    } finally {
      await backend.end('SIGTERM');
    }
  });
});

/** That each of the emulator's engines may run on: `0 0-3 0-3`. */
async function processorsOf(pid: number): Promise<string> {
  let found = '';
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const isEngine = /^Name:\s+(?:TPU_|CORE_MAIN)/u.test(status);
    if (isEngine) found += `${/^Cpus_allowed_list:\s+(.*)$/mu.exec(status)?.[1]} `;
  }
  return found;
}

/** The model's folder without what the test changes. */
async function copyOf(names: readonly string[]): Promise<string> {
  const copy = path.join(await temporaryFolder(), 'model');
  await mkdir(copy);
  for (const name of names) await copyFile(path.join(folder, name), path.join(copy, name));
  return copy;
}

async function withTwo(): Promise<string> {
  const copy = await copyOf([...texts, 'model.bmodel']);
  await copyFile(path.join(copy, 'model.bmodel'), path.join(copy, 'other.bmodel'));
  return copy;
}

const texts = ['tokenizer.json', 'tokenizer_config.json', 'config.json'];

async function cutShort(): Promise<string> {
  const copy = await copyOf([...texts, 'model.bmodel']);
  await truncate(path.join(copy, 'model.bmodel'), 100_000);
  return copy;
}

async function otherChip(): Promise<string> {
  const copy = await copyOf(texts);
  const bytes = await readFile(path.join(folder, 'model.bmodel'));
  bytes.write('BM1688', bytes.indexOf('BM1684X'), 'latin1');
  await writeFile(path.join(copy, 'model.bmodel'), bytes);
  return copy;
}

function withoutTokenizer(): Promise<string> {
  return copyOf(['config.json', 'model.bmodel']);
}
