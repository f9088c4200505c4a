import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answerAlone, slidAlone } from '../../support/aloneTokens.ts';
import { buildMemoryHost, type MemoryHostBuild } from '../../support/buildMemoryHost.ts';
import {
  EngineBench,
  errorOf,
  promptOf,
  type EngineBenchOptions,
  type Reading,
} from '../../support/engineBench.ts';
import { notice } from '../../../backend/protocol/notices.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import type { MemoryHostBehaviour } from '../../support/memoryDeviceHost.ts';

let build: MemoryHostBuild;
beforeAll(async () => {
  build = await buildMemoryHost();
});
afterAll(() => build.remove());

function empty(behaviour?: MemoryHostBehaviour, options?: EngineBenchOptions): EngineBench {
  return new EngineBench(build.modulePath, behaviour, options);
}

async function loaded(
  behaviour?: MemoryHostBehaviour,
  options?: EngineBenchOptions,
): Promise<EngineBench> {
  const bench = empty(behaviour, options);
  await bench.load();
  return bench;
}

describe('DeviceEngine', { timeout: 60_000 }, () => {
  it('answers as the device does alone, with its timings', async () => {
    const bench = await loaded();
    const reading = bench.read();
    const outcome = await reading.outcome;
    const alone = await answerAlone(promptOf('Once upon a time'), 40, { device: { endOneIn: 0 } });
    expect(outcome.text).toBe(alone.text);
    expect(reading.texts.join('')).toBe(alone.text);
    expect(outcome.finishReason).toBe('length');
    const { timings } = outcome;
    expect(timings).toMatchObject({ promptTokens: 16, cachedTokens: 0, generatedTokens: 40 });
    expect(timings.queueMs).toBeLessThanOrEqual(timings.firstTokenMs!);
    expect(timings.firstTokenMs).toBeLessThanOrEqual(timings.totalMs);
    expect(bench.done).toMatchObject([
      { model: 'm', class: 'chat', outcome: 'length', continuations: 0, prefilledTokens: 16 },
    ]);
    expect(bench.steps.reduce((sum, { prefillTokens }) => sum + prefillTokens, 0)).toBe(16);
    expect((await bench.read().outcome).timings.cachedTokens).toBe(15);
  });

  it('encodes text, and special tokens by id', async () => {
    const { engine } = await loaded();
    const tokens = await engine.resolve('the-m', 'chat').encode(['<s>é', 262, 'a']);
    expect([...tokens]).toEqual([...Buffer.from('<s>é'), 262, 97]);
  });

  it('finds models by name, and the one that is fit for a task', async () => {
    const bench = empty();
    const { engine } = bench;
    const named = (name: string): unknown => expect.objectContaining({ errorName: name });
    expect(() => engine.resolve(undefined, 'chat')).toThrow(named('modelNotLoaded'));
    await Promise.all([bench.load('a'), bench.load('b'), bench.load('b')]);
    expect(engine.models().map(({ id }) => id)).toEqual(['a', 'b']);
    expect(engine.resolve('the-b', 'chat').id).toBe('b');
    expect(engine.resolve(undefined, 'completion').id).toBe('a');
    expect(() => engine.resolve('c', 'chat')).toThrow(named('modelNotFound'));
    const [a, b] = await Promise.all(
      ['a', 'b'].map((id) => bench.read({ model: engine.resolve(id, 'chat') }).outcome),
    );
    expect(a?.text).toBe(b?.text);
  });

  it('drops the middle of a prompt that is too long, when the request says so', async () => {
    const bench = await loaded({ trainedContextLength: 64 });
    const reading = bench.read({ maxTokens: 100, overflow: 'slide' }, 'xyz'.repeat(300));
    const { text, timings } = await reading.outcome;
    const alone = await slidAlone(promptOf('xyz'.repeat(300)), 100, 64);
    expect(text).toBe(alone.text);
    expect(timings).toMatchObject({ promptTokens: 900, cachedTokens: 0, generatedTokens: 100 });
    expect(reading.notices).toEqual([notice('slid')]);
    expect(await bench.read({ overflow: 'stop' }, 'x'.repeat(64)).error).toBe('promptTooLong');
  });

  it('refuses what cannot be run, without asking the device', async () => {
    const bench = await loaded({ trainedContextLength: 64 });
    const model = bench.engine.resolve('m', 'chat');
    expect(await bench.read({}, 'x'.repeat(64)).error).toBe('promptTooLong');
    expect((await bench.read({}, 'x'.repeat(63)).outcome).timings.generatedTokens).toBe(1);
    expect(await errorOf(model.encode(['x'.repeat(1_000_000)]))).toBe('promptTooLong');
    await expect(bench.read({ prompt: new Int32Array() }).outcome).rejects.toThrow(RangeError);
    await expect(bench.read({ prompt: Int32Array.of(-1) }).outcome).rejects.toThrow(RangeError);
  });

  it('has a device that cannot be used, and says why to all who need it', async () => {
    const problem = new PilotError('libraryMissing', {
      device: 'bm1684x',
      reason: 'it is not there',
    });
    const broken = { id: 'bm1684x-0', kind: 'bm1684x', host: problem };
    const alone = empty({}, { devices: [broken] });
    expect(await errorOf(alone.load())).toBe('libraryMissing');
    expect(await alone.engine.devices()).toMatchObject([
      {
        id: 'bm1684x-0',
        state: 'failed',
        detail: `${problem.message} ${problem.data.remedy}`,
        restarts: 0,
        telemetry: {},
      },
    ]);
    const host = { modulePath: build.modulePath, args: ['{}'] };
    const memory = { id: 'mem', kind: 'memory', slots: 3, host };
    const beside = empty({}, { devices: [broken, memory] });
    await beside.load();
    expect(beside.engine.resolve('m', 'chat').slots).toBe(3);
    expect((await beside.read().outcome).finishReason).toBe('length');
    expect(await errorOf(beside.load('unsupported.gguf'))).toBe('libraryMissing');
  });

  it('tells why a model does not load, and goes on', async () => {
    const bench = empty();
    expect(await errorOf(bench.load('invalid.gguf'))).toBe('modelInvalid');
    expect(await errorOf(bench.load('unsupported.gguf'))).toBe('unsupportedModel');
    expect(await errorOf(bench.load('crash.gguf'))).toBe('modelInvalid');
    expect(bench.engine.models()).toEqual([]);
    await bench.load('good.gguf');
    expect((await bench.read().outcome).finishReason).toBe('length');
  });

  it('serves the more urgent class first when all slots are taken', async () => {
    const bench = await loaded({ stepMs: 1 }, { slots: 1 });
    const order: string[] = [];
    const note = async (name: 'batch' | 'chat' | 'completion'): Promise<void> => {
      await bench.read({ class: name, maxTokens: 2 }).outcome;
      order.push(name);
    };
    await bench.read({ maxTokens: 50 }).reached(1);
    await Promise.all([note('batch'), note('chat'), note('completion')]);
    expect(order).toEqual(['completion', 'chat', 'batch']);
  });

  it('keeps a slot for completions', async () => {
    const bench = await loaded({ stepMs: 1 }, { slots: 2 });
    const chats = [bench.read({ maxTokens: 1000 }), bench.read({ maxTokens: 1000 })];
    await chats[0]!.reached(1);
    await bench.read({ class: 'completion', maxTokens: 3 }).outcome;
    expect(bench.engine.counts()).toEqual({ running: 1, waiting: 1 });
    expect((await bench.engine.devices())[0]?.models).toMatchObject([{ slots: 2, activeSlots: 1 }]);
  });

  it('makes a warm-up give way', async () => {
    const bench = await loaded({ stepMs: 5, trainedContextLength: 8192 }, { slots: 1 });
    const warmup = bench.read({ class: 'warmup', maxTokens: 0 }, 'w'.repeat(8000));
    await vi.waitFor(() => expect(bench.steps.length).toBeGreaterThan(0));
    await bench.read({ maxTokens: 2 }).outcome;
    expect((await warmup.outcome).finishReason).toBe('cancelled');
  });

  it('stops a cancelled request on the device no later than one step after it hears of it', async () => {
    const bench = await loaded({ stepMs: 2 });
    const other = bench.read({ maxTokens: 60 });
    const reading = bench.read({ maxTokens: 2000 });
    await reading.reached(3);
    reading.cancel.abort();
    const outcome = await reading.outcome;
    expect(outcome.finishReason).toBe('cancelled');
    expect(outcome.text).toBe(reading.texts.join(''));
    await other.outcome;
    const { cancel } = bench.done.find((record) => record.outcome === 'cancelled')!;
    expect(cancel!.arrivedAtStep).toBeGreaterThan(0);
    expect(cancel!.lastStep).toBeLessThanOrEqual(cancel!.arrivedAtStep + 1);
  });

  it('keeps deadlines, in the queue and on the device', async () => {
    const bench = await loaded({ stepMs: 5 }, { slots: 1 });
    const running = bench.read({ maxTokens: 2000, deadlineMs: 1500 });
    await running.reached(1);
    expect(await bench.read({ deadlineMs: 20 }).error).toBe('deadlineExceeded');
    const outcome = await running.outcome;
    expect(outcome.finishReason).toBe('deadline');
    expect(outcome.text).toBe(running.texts.join(''));
    expect(outcome.timings.generatedTokens).toBeGreaterThan(0);
  });

  it('answers a request that was cancelled before it came', async () => {
    const bench = await loaded();
    const reading: Reading = bench.read();
    reading.cancel.abort();
    expect(await reading.outcome).toMatchObject({ finishReason: 'cancelled', text: '' });
    await vi.waitFor(() => expect(bench.done).toMatchObject([{ outcome: 'cancelled' }]));
    const { signal } = reading.cancel;
    const request = { maxTokens: 9, sampling: {}, stop: [], class: 'chat' } as const;
    const model = bench.engine.resolve('m', 'chat');
    const none = { onText: () => undefined };
    await bench.engine.generate({ ...request, model, prompt: promptOf('x') }, none, signal);
    expect(bench.engine.counts()).toEqual({ running: 0, waiting: 0 });
  });

  it('does not let a listener that throws spoil the others', async () => {
    const bench = await loaded();
    const other = bench.read();
    const request = { maxTokens: 9, sampling: {}, stop: [], class: 'chat' } as const;
    const broken = bench.engine.generate(
      { ...request, model: bench.engine.resolve('m', 'chat'), prompt: promptOf('x') },
      {
        onText: () => {
          throw new Error('the socket is gone');
        },
      },
      new AbortController().signal,
    );
    await expect(broken).rejects.toThrow('the socket is gone');
    expect((await other.outcome).timings.generatedTokens).toBe(40);
  });

  it('drains: refuses new ones, tells waiting ones, finishes running ones', async () => {
    const bench = await loaded({ stepMs: 1 }, { slots: 1 });
    const running = bench.read({ maxTokens: 50 });
    await running.reached(1);
    const waiting = bench.read();
    const drained = bench.engine.drain(new AbortController().signal);
    expect(await bench.read().error).toBe('draining');
    expect(await waiting.error).toBe('draining');
    await drained;
    expect((await running.outcome).timings.generatedTokens).toBe(50);
    expect((await bench.engine.devices())[0]?.pid).toBeUndefined();
  });

  it('tells running ones too when draining may not wait', async () => {
    const bench = await loaded({ stepMs: 5 });
    const running = bench.read({ maxTokens: 2000 });
    await running.reached(1);
    const now = new AbortController();
    const drained = bench.engine.drain(now.signal);
    now.abort();
    expect(await running.error).toBe('draining');
    await drained;
  });

  it('keeps what a native library prints away from its messages', async () => {
    const bench = await loaded({ stdout: '{"type":"ready"}' });
    expect((await bench.read().outcome).timings.generatedTokens).toBe(40);
  });
});
