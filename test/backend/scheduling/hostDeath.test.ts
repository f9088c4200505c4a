import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FromHost, type Submission } from '../../../backend/host/messages.ts';
import { notice } from '../../../backend/protocol/notices.ts';
import { EmbeddedQueue } from '../../../backend/scheduling/embeddedQueue.ts';
import { answerAlone, slidAlone } from '../../support/aloneTokens.ts';
import { buildMemoryHost, type MemoryHostBuild } from '../../support/buildMemoryHost.ts';
import {
  EngineBench,
  errorOf,
  promptOf,
  quickRestarts,
  type EngineBenchOptions,
} from '../../support/engineBench.ts';
import type { MemoryHostBehaviour } from '../../support/memoryDeviceHost.ts';

const endless = { endOneIn: 0 };

let build: MemoryHostBuild;
let markers = 0;
beforeAll(async () => {
  build = await buildMemoryHost();
});
afterAll(() => build.remove());

/** A file that is not there, for a host that misbehaves once. */
const marker = (): string => join(build.folder, `marker${markers++}`);

async function loaded(
  behaviour?: MemoryHostBehaviour,
  options?: EngineBenchOptions,
): Promise<EngineBench> {
  const bench = new EngineBench(build.modulePath, behaviour, options);
  await bench.load();
  return bench;
}

describe('when a device host dies', { timeout: 90_000 }, () => {
  it('goes on from the tokens already sent, and says so once', async () => {
    const bench = await loaded({ stepMs: 2 });
    const sampling = { temperature: 1, seed: 7 };
    const prompts = ['one', 'two', 'three'];
    const readings = prompts.map((text) => bench.read({ maxTokens: 150, sampling }, text));
    await Promise.all(readings.map((one) => one.reached(10)));
    await bench.signalHost('SIGKILL');
    for (const [i, reading] of readings.entries()) {
      const prompt = promptOf(prompts[i]!);
      const alone = await answerAlone(prompt, 150, { device: endless, sampling });
      expect((await reading.outcome).text).toBe(alone.text);
      expect(reading.texts.join('')).toBe(alone.text);
      expect(reading.notices).toHaveLength(1);
    }
    expect(bench.done.map(({ continuations }) => continuations)).toEqual([1, 1, 1]);
    expect((await bench.engine.devices())[0]).toMatchObject({ state: 'ready', restarts: 1 });
  });

  it('goes on with an answer that has outgrown the context', async () => {
    const bench = await loaded({ stepMs: 2, trainedContextLength: 64 });
    const sampling = { temperature: 1, seed: 7, repetitionPenalty: 1.3 };
    const reading = bench.read({ maxTokens: 200, sampling, overflow: 'slide' });
    for (const pieces of [20, 60, 90]) {
      await reading.reached(pieces);
      await bench.signalHost('SIGKILL');
    }
    const { text, finishReason, timings } = await reading.outcome;
    const alone = await slidAlone(promptOf('Once upon a time'), 200, 64, sampling);
    expect(text).toBe(alone.text);
    expect(reading.texts.join('')).toBe(text);
    expect(finishReason).toBe('length');
    expect(timings).toMatchObject({ promptTokens: 16, cachedTokens: 0, generatedTokens: 200 });
    // Each said once, though the host died three times.
    expect(reading.notices.toSorted()).toEqual(
      [notice('deviceStopped'), notice('slid')].toSorted(),
    );
  });

  it('loses and doubles nothing under random kills', async () => {
    const bench = await loaded({ stepMs: 1, endOneIn: 90 });
    const requests = fc.array(
      fc.record({
        prompt: fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 30 }),
        maxTokens: fc.integer({ min: 1, max: 60 }),
        stop: fc.constantFrom([], ['a'], ['th']),
      }),
      { minLength: 1, maxLength: 8 },
    );
    const kills = fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(requests, kills, async (list, killedAt) => {
        const readings = list.map(({ prompt, ...rest }) => bench.read(rest, prompt));
        const [first] = readings;
        for (const pieces of killedAt) {
          await Promise.race([first!.reached(pieces), first!.outcome]);
          await bench.signalHost('SIGKILL');
        }
        for (const [i, reading] of readings.entries()) {
          const { prompt, maxTokens, stop } = list[i]!;
          const device = { endOneIn: 90 };
          const alone = await answerAlone(promptOf(prompt), maxTokens, { device, stop });
          const { text } = await reading.outcome;
          expect(text).toBe(alone.text);
          expect(reading.texts.join('')).toBe(text);
        }
      }),
      { numRuns: 12 },
    );
    expect(bench.done.filter(({ continuations }) => continuations > 0).length).toBeGreaterThan(0);
  });

  it('goes on though the queue is full', async () => {
    const queue = new EmbeddedQueue<Submission>({ limit: 1 });
    const bench = await loaded({ stepMs: 2 }, { slots: 1, queue });
    const running = bench.read({ maxTokens: 60 });
    await running.reached(2);
    const waiting = bench.read({ maxTokens: 1 });
    expect(await bench.read().error).toBe('overloaded');
    await bench.signalHost('SIGKILL');
    expect((await running.outcome).timings.generatedTokens).toBe(60);
    await waiting.outcome;
  });

  it('notices a device that never answers', async () => {
    const liveness = { checkMs: 50, silentChecks: 400, stepMs: 200 };
    const bench = await loaded({ hangOnce: marker() }, { liveness });
    const reading = bench.read();
    const alone = await answerAlone(promptOf('Once upon a time'), 40, { device: endless });
    expect((await reading.outcome).text).toBe(alone.text);
    expect(reading.notices).toHaveLength(1);
  });

  it('notices a host that says nothing any more', async () => {
    const liveness = { checkMs: 100, silentChecks: 30, stepMs: 60_000 };
    const bench = await loaded({ stepMs: 2 }, { liveness });
    const reading = bench.read({ maxTokens: 60 });
    await reading.reached(2);
    await bench.signalHost('SIGSTOP');
    expect((await reading.outcome).timings.generatedTokens).toBe(60);
    expect(reading.notices).toHaveLength(1);
  });

  it.each(['lostOnce', 'timeoutOnce', 'babbleOnce'])('starts again after %s', async (fault) => {
    const bench = await loaded({ [fault]: marker(), stepMs: 1 });
    const reading = bench.read();
    expect((await reading.outcome).timings.generatedTokens).toBe(40);
    expect(reading.notices).toHaveLength(1);
  });

  it('encodes after the restart what was asked before', async () => {
    const bench = await loaded();
    const model = bench.engine.resolve('m', 'chat');
    await bench.signalHost('SIGKILL');
    const texts = Array.from({ length: 20 }, (_, i) => `text ${i}`);
    const tokens = await Promise.all(texts.map((text) => model.encode([text])));
    expect(tokens.map((one) => one.length)).toEqual(texts.map((text) => text.length));
  });

  it('ends a request that kills it each time, and serves the others', async () => {
    const bench = await loaded({ crashOnToken: 33, stepMs: 1 });
    const other = bench.read({ maxTokens: 400 });
    await other.reached(1);
    expect(await bench.read({}, 'Boom!').error).toBe('deviceLost');
    expect((await other.outcome).timings.generatedTokens).toBe(400);
  });

  it('gives up when the budget is spent, telling everybody the last words', async () => {
    const restarts = { ...quickRestarts, budget: 1 };
    const bench = await loaded({ crashOnToken: 33 }, { restarts, slots: 1 });
    for (const reading of [bench.read({}, 'Boom!'), bench.read({}, 'waiting')]) {
      expect(await reading.error).toBe('deviceLost');
      await expect(reading.outcome).rejects.toThrow('native assertion failed');
    }
    expect(await bench.read().error).toBe('deviceLost');
    expect(bench.engine.counts()).toEqual({ running: 0, waiting: 0 });
    expect((await bench.engine.devices())[0]).toMatchObject({ state: 'failed', restarts: 1 });
    expect(await errorOf(bench.load('n'))).toBe('deviceLost');
    expect(bench.done.map(({ outcome }) => outcome)).toEqual(['deviceLost', 'deviceLost']);
  });

  it('goes on with another device when there is one', async () => {
    const host = { modulePath: build.modulePath, args: [JSON.stringify({ stepMs: 2 })] };
    const devices = ['one', 'two'].map((id) => ({ id, kind: 'memory', host }));
    const bench = await loaded({}, { devices, restarts: { ...quickRestarts, budget: 0 } });
    const prompts = ['a', 'b', 'c', 'd'];
    const readings = prompts.map((prompt) => bench.read({ maxTokens: 120 }, prompt));
    await Promise.all(readings.map((reading) => reading.reached(5)));
    const active = async (): Promise<(number | undefined)[]> =>
      (await bench.engine.devices()).map(({ models }) => models[0]?.activeSlots);
    expect(await active()).toEqual([2, 2]);
    await bench.signalHost('SIGKILL');
    for (const [i, reading] of readings.entries()) {
      const alone = await answerAlone(promptOf(prompts[i]!), 120, { device: endless });
      expect((await reading.outcome).text).toBe(alone.text);
    }
    expect(bench.done.map(({ continuations }) => continuations).sort()).toEqual([0, 0, 1, 1]);
    const states = (await bench.engine.devices()).map(({ state }) => state);
    expect(states).toEqual(['failed', 'ready']);
    expect((await bench.read().outcome).timings.generatedTokens).toBe(40);
  });

  it('does not try again a device that cannot be opened', async () => {
    const bench = new EngineBench(build.modulePath, { unavailable: 'lost' });
    expect(await errorOf(bench.load())).toBe('deviceUnavailable');
    expect((await bench.engine.devices())[0]).toMatchObject({ state: 'failed', restarts: 0 });
  });

  it('cancels a request that waits for the restart', async () => {
    const restarts = { ...quickRestarts, firstDelayMs: 1e6, longestDelayMs: 1e6 };
    const bench = await loaded({ stepMs: 2 }, { restarts });
    const reading = bench.read({ maxTokens: 2000 });
    await reading.reached(2);
    await bench.signalHost('SIGKILL');
    await vi.waitFor(() => expect(reading.notices).toHaveLength(1));
    expect(bench.engine.counts()).toEqual({ running: 1, waiting: 0 });
    reading.cancel.abort();
    expect((await reading.outcome).text).toBe(reading.texts.join(''));
    expect(bench.engine.counts()).toEqual({ running: 0, waiting: 0 });
  });
});

describe('a device host', { timeout: 60_000 }, () => {
  it.each([
    ['idle', false],
    ['in a step that never ends', true],
  ])('leaves with the backend, %s', async (_, hangs) => {
    const behaviour: MemoryHostBehaviour = hangs ? { hangOnce: marker() } : {};
    const child = fork(build.modulePath, [JSON.stringify(behaviour)], {
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const exited = once(child, 'exit');
    const heard = (test: (message: FromHost) => boolean): Promise<void> =>
      new Promise((resolve) =>
        child.on('message', (message) => {
          if (test(FromHost.parse(message))) resolve();
        }),
      );
    await heard(({ type }) => type === 'ready');
    child.send({ type: 'load', call: 1, model: 'm', path: 'm', slots: 1 });
    await heard(({ type }) => type === 'loaded');
    const request = {
      id: 'a',
      class: 'chat',
      order: 0,
      prompt: Int32Array.of(97),
      generated: new Int32Array(),
      maxTokens: 1,
      sampling: {},
      stop: [],
      overflow: 'stop',
    };
    child.send({ type: 'submit', model: 'm', request });
    await heard((one) =>
      hangs ? one.type === 'beat' && one.stepMs !== undefined : one.type === 'progress',
    );
    child.disconnect();
    const [code, signal] = (await exited) as [number | null, string | null];
    expect([code, signal]).toEqual(hangs ? [null, 'SIGKILL'] : [0, null]);
  });
});
