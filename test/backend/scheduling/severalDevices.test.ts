/** Two and three devices, each a process: what becomes of requests when one of them fails. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DeviceErrorCode } from '../../../backend/devices/device.ts';
import type { DeviceInfo } from '../../../backend/protocol/devices.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import type { RestartPolicy } from '../../../backend/scheduling/restartPolicy.ts';
import { answerAlone, slidAlone } from '../../support/aloneTokens.ts';
import { buildMemoryHost, type MemoryHostBuild } from '../../support/buildMemoryHost.ts';
import { EngineBench, errorOf, promptOf, quickRestarts } from '../../support/engineBench.ts';
import type { MemoryHostBehaviour } from '../../support/memoryDeviceHost.ts';

let build: MemoryHostBuild;
let files = 0;
beforeAll(async () => {
  build = await buildMemoryHost();
});
afterAll(() => build.remove());

const newFile = (): string => join(build.folder, `file${files++}`);

/** An engine over the devices `a`, `b`, ..., behaving like that. */
function bench(
  behaviours: readonly MemoryHostBehaviour[],
  restarts: RestartPolicy = quickRestarts,
): EngineBench {
  const devices = behaviours.map((behaviour, index) => ({
    id: 'abc'.charAt(index),
    kind: 'memory',
    host: { modulePath: build.modulePath, args: [JSON.stringify(behaviour)] },
  }));
  return new EngineBench(build.modulePath, {}, { devices, restarts });
}

async function device(one: EngineBench, id: string): Promise<DeviceInfo> {
  return (await one.engine.devices()).find((info) => info.id === id)!;
}

async function states(one: EngineBench): Promise<string[]> {
  return (await one.engine.devices()).map(({ state }) => state);
}

async function alone(prompt: string, maxTokens: number): Promise<string> {
  return (await answerAlone(promptOf(prompt), maxTokens, { device: { endOneIn: 0 } })).text;
}

const prompts = ['one', 'two', 'three', 'four'];

describe('a hung device', { timeout: 60_000 }, () => {
  it('is not started again, and its requests go on elsewhere from their tokens', async () => {
    const starts = newFile();
    const engine = bench([{ stepMs: 2, hungAtStep: 12, starts }, { stepMs: 2 }]);
    await engine.load();
    const readings = prompts.map((prompt) => engine.read({ maxTokens: 80 }, prompt));
    for (const [i, reading] of readings.entries()) {
      const text = await alone(prompts[i]!, 80);
      expect((await reading.outcome).text).toBe(text);
      expect(reading.texts.join('')).toBe(text);
    }
    expect(engine.done.map(({ continuations }) => continuations).sort()).toEqual([0, 0, 1, 1]);
    expect(readings.map(({ notices }) => notices.length).sort()).toEqual([0, 0, 1, 1]);
    const hung = await device(engine, 'a');
    expect(hung).toMatchObject({ state: 'failed', restarts: 0 });
    expect(hung.detail).toMatch(/a is hung: recover or reboot\. A launch timed out\. /);
    expect(hung.detail).toContain('bm-smi --recovery --dev=N');
    expect(await readFile(starts, 'utf8')).toBe('.');
    expect((await engine.read().outcome).timings.generatedTokens).toBe(40);
    expect([...(await engine.engine.resolve('m', 'chat').encode(['a']))]).toEqual([97]);
  });

  it('leaves answers that have outgrown the context to the others', async () => {
    const behaviour = { stepMs: 2, trainedContextLength: 64 };
    const engine = bench([{ ...behaviour, hungAtStep: 90 }, behaviour]);
    await engine.load();
    const readings = prompts.map((prompt) =>
      engine.read({ maxTokens: 150, overflow: 'slide' }, prompt),
    );
    for (const [i, reading] of readings.entries()) {
      const { text } = await slidAlone(promptOf(prompts[i]!), 150, 64);
      expect((await reading.outcome).text).toBe(text);
      expect(reading.texts.join('')).toBe(text);
    }
    expect(engine.done.map(({ continuations }) => continuations).sort()).toEqual([0, 0, 1, 1]);
  });

  it('ends each request once with the remedy when there is no other', async () => {
    const starts = newFile();
    const engine = bench([{ stepMs: 1, hungAtStep: 6, starts }]);
    await engine.load();
    const readings = prompts.map((prompt) => engine.read({}, prompt));
    for (const reading of readings) {
      expect(await reading.error).toBe('deviceHung');
      await expect(reading.outcome).rejects.toMatchObject({
        data: { remedy: expect.stringContaining('bm-smi --recovery') as unknown },
      });
    }
    expect(engine.done.map(({ outcome }) => outcome)).toEqual(prompts.map(() => 'deviceHung'));
    expect(engine.engine.counts()).toEqual({ running: 0, waiting: 0 });
    expect(await engine.read().error).toBe('deviceHung');
    expect(await errorOf(engine.load('other'))).toBe('deviceHung');
    const model = engine.engine.resolve('m', 'chat');
    expect(await errorOf(model.encode(['text']))).toBe('deviceHung');
    expect(await readFile(starts, 'utf8')).toBe('.');
  });

  it('is known while a model is loaded, too', async () => {
    const starts = newFile();
    const engine = bench([{ hungLoading: 'big', stepMs: 1, starts }, { stepMs: 1 }]);
    await engine.load('small');
    const reading = engine.read({ maxTokens: 200 });
    await reading.reached(2);
    await engine.load('big');
    expect((await reading.outcome).timings.generatedTokens).toBe(200);
    expect(await states(engine)).toEqual(['failed', 'ready']);
    expect(await readFile(starts, 'utf8')).toBe('.');
  });

  it('is begun anew each time when it is lost while a model is loaded', async () => {
    const starts = newFile();
    const engine = bench([{ lostLoading: 'big', stepMs: 1, starts }]);
    await engine.load('small');
    // The card is at fault, not the model.
    await expect(engine.load('big')).rejects.toMatchObject({ errorName: 'deviceLost' });
    expect((await engine.read().outcome).timings.generatedTokens).toBe(40);
    expect(await states(engine)).toEqual(['ready']);
    expect(await readFile(starts, 'utf8')).toBe('...');
  });

  it('is told apart from one that only took too long', async () => {
    const starts = newFile();
    const engine = bench([{ stepMs: 1, timeoutOnce: newFile(), starts }]);
    await engine.load();
    expect((await engine.read().outcome).timings.generatedTokens).toBe(40);
    expect(await readFile(starts, 'utf8')).toBe('..');
  });
});

describe('a device that cannot be opened', { timeout: 60_000 }, () => {
  it.each([
    ['lost', 'deviceUnavailable', 'tpu-pilot device info'],
    ['inUse', 'deviceInUse', 'End the process'],
    ['noPermission', 'noPermission', 'usermod'],
    ['libraryMissing', 'libraryMissing', 'libsophon'],
    ['libraryTooOld', 'libraryTooOld', 'libsophon'],
    ['hung', 'deviceHung', 'bm-smi --recovery'],
  ] as const satisfies readonly (readonly [DeviceErrorCode, ...string[]])[])(
    '%s: leaves the others at work, and says %s with a remedy',
    async (code, name, remedy) => {
      const engine = bench([{ unavailable: code }, {}, {}]);
      await engine.load();
      expect(await states(engine)).toEqual(['failed', 'ready', 'ready']);
      const { detail } = await device(engine, 'a');
      const details = { device: 'a', reason: 'There is no such device.' };
      const { message, data } = new PilotError(name, details);
      expect(detail).toBe(`${message} ${data.remedy}`);
      expect(detail).toContain(remedy);
      expect((await device(engine, 'a')).models).toEqual([]);
      expect((await engine.read().outcome).text).toBe(await alone('Once upon a time', 40));
    },
  );

  it('is an error when it was the only one left', async () => {
    const engine = bench([{ unavailable: 'inUse' }, { unavailable: 'noPermission' }]);
    expect(await errorOf(engine.load())).toBe('deviceInUse');
    expect(await states(engine)).toEqual(['failed', 'failed']);
    expect(engine.engine.models()).toEqual([]);
  });
});

describe('three devices', { timeout: 60_000 }, () => {
  it('die one after the other, and every answer is whole until the last one', async () => {
    const crash = { stepMs: 2 };
    const engine = bench([crash, crash, crash], { ...quickRestarts, budget: 0 });
    await engine.load();
    const readings = prompts.map((prompt) => engine.read({ maxTokens: 150 }, prompt));
    await Promise.all(readings.map((reading) => reading.reached(5)));
    for (const id of ['a', 'b']) process.kill((await device(engine, id)).pid!, 'SIGKILL');
    for (const [i, reading] of readings.entries()) {
      expect((await reading.outcome).text).toBe(await alone(prompts[i]!, 150));
    }
    expect(await states(engine)).toEqual(['failed', 'failed', 'ready']);

    const last = engine.read({ maxTokens: 2000 });
    const waiting = engine.read({ maxTokens: 2000 }, 'waiting');
    await last.reached(2);
    process.kill((await device(engine, 'c')).pid!, 'SIGKILL');
    expect([await last.error, await waiting.error]).toEqual(['deviceLost', 'deviceLost']);
    expect(await engine.read().error).toBe('deviceLost');
    expect(engine.engine.counts()).toEqual({ running: 0, waiting: 0 });
  });
});

describe('a device that restarts', { timeout: 60_000 }, () => {
  it('does not keep text from being encoded on the other', async () => {
    const never = { firstDelayMs: 1e9, longestDelayMs: 1e9 };
    // The first to be up would be asked first.
    const engine = bench([{}, { loadMs: 500 }], { ...quickRestarts, ...never });
    await engine.load();
    const { pid } = await device(engine, 'a');
    process.kill(pid!, 'SIGKILL');
    await vi.waitFor(async () => expect(await states(engine)).toEqual(['restarting', 'ready']));
    expect([...(await engine.engine.resolve('m', 'chat').encode(['b']))]).toEqual([98]);
    expect((await engine.read().outcome).timings.generatedTokens).toBe(40);
  });
});

describe('a model on one of two devices', { timeout: 60_000 }, () => {
  it('runs there alone, and the other says why it has none', async () => {
    const engine = bench([{ noMemoryFor: 'big' }, { stepMs: 1 }]);
    await engine.load('big');
    const readings = prompts.map((prompt) => engine.read({}, prompt));
    for (const [i, reading] of readings.entries()) {
      expect((await reading.outcome).text).toBe(await alone(prompts[i]!, 40));
    }
    expect(new Set(engine.steps.map((step) => step.device))).toEqual(new Set(['b']));
    const without = await device(engine, 'a');
    expect(without).toMatchObject({ state: 'ready', models: [] });
    expect(without.problems).toHaveLength(1);
    expect(without.problems?.[0]).toMatch(
      /^Not enough memory in heap1 of a: 5000000000 bytes needed, 4000000000 free; 2 slots of 512 tokens would fit\. Set /,
    );
    expect((await device(engine, 'b')).problems).toBeUndefined();
  });

  it('is lost with that device, while the other goes on with what it has', async () => {
    const engine = bench([
      { noMemoryFor: 'big', stepMs: 1 },
      { stepMs: 1, hungAtStep: 60 },
    ]);
    await engine.load('small');
    await engine.load('big');
    const model = engine.engine.resolve('big', 'chat');
    const big = engine.read({ model, maxTokens: 2000 });
    const small = engine.read({ maxTokens: 150 }, 'small');
    expect(await big.error).toBe('deviceHung');
    expect((await small.outcome).text).toBe(await alone('small', 150));
    expect(await engine.read({ model }).error).toBe('deviceHung');
    expect(await states(engine)).toEqual(['ready', 'failed']);
    expect((await engine.read().outcome).timings.generatedTokens).toBe(40);
  });

  it('is an error with what would fit when no device has room', async () => {
    const engine = bench([{ noMemoryFor: 'big' }, { noMemoryFor: 'big' }]);
    expect(await errorOf(engine.load('big'))).toBe('outOfMemoryFits');
    expect((await device(engine, 'a')).problems).toBeUndefined();
  });
});
