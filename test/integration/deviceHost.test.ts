/** The real model in a real device host process, which is killed while it answers. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeviceEngine } from '../../backend/scheduling/deviceEngine.ts';
import type { GenerationOutcome, GenerationRequest } from '../../backend/scheduling/engine.ts';
import type { RequestRecord, StepRecord } from '../../backend/scheduling/observer.ts';
import { testModelPath } from '../support/provideModel.ts';

const quiet = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const modulePath = join(import.meta.dirname, '../../dist/deviceHost.js');
const questions = ['What is a compiler?', 'Name three planets.', 'Write a haiku about rain.'];

let done: RequestRecord[];
let steps: StepRecord[];
let engine: DeviceEngine;

// A host for each test: sums of an attention depend on where in the cache its tokens are.
beforeEach(async () => {
  done = [];
  steps = [];
  engine = new DeviceEngine({
    devices: [{ id: 'cpu', kind: 'cpu', host: { modulePath, args: ['cpu'] } }],
    log: quiet,
    slots: 4,
    observer: {
      onRequestDone: (record) => done.push(record),
      onStep: (record) => steps.push(record),
    },
  });
  await engine.load({ id: 'smollm2', aliases: [], path: testModelPath() });
});
afterEach(() => engine.drain(AbortSignal.abort()));

/** A question in the model's own form (ChatML). */
async function ask(question: string): Promise<Int32Array> {
  const model = engine.resolve('smollm2', 'chat');
  const id = (text: string): number =>
    model.metadata.specialTokens.find((one) => one.text === text)!.id;
  const [start, end] = [id('<|im_start|>'), id('<|im_end|>')];
  return model.encode([start, `user\n${question}`, end, '\n', start, 'assistant\n']);
}

interface Reading {
  readonly outcome: Promise<GenerationOutcome>;
  readonly notices: string[];
  readonly cancel: AbortController;
  shown: string;
}

function read(
  prompt: Int32Array,
  changes: Partial<GenerationRequest> = {},
  onText: (reading: Reading) => void = () => undefined,
): Reading {
  const cancel = new AbortController();
  const reading: Reading = {
    notices: [],
    cancel,
    shown: '',
    outcome: engine.generate(
      {
        model: engine.resolve('smollm2', 'chat'),
        class: 'chat',
        prompt,
        maxTokens: 64,
        sampling: { temperature: 0 },
        stop: [],
        overflow: 'stop',
        ...changes,
      },
      {
        onText: (text) => {
          reading.shown += text;
          onText(reading);
        },
        onNotice: (message) => reading.notices.push(message),
      },
      cancel.signal,
    ),
  };
  return reading;
}

describe('a device host with a real model', () => {
  it('is killed in the middle of an answer, and the reader gets the whole answer', async () => {
    for (const question of questions) {
      const prompt = await ask(question);
      const undisturbed = await read(prompt).outcome;
      const [{ pid } = { pid: undefined }] = await engine.devices();
      let killed = false;
      const reading = read(prompt, {}, ({ shown }) => {
        if (killed || shown.length < undisturbed.text.length / 3) return;
        killed = true;
        process.kill(pid!, 'SIGKILL');
      });
      const outcome = await reading.outcome;
      expect(outcome.text).toBe(undisturbed.text);
      expect(reading.shown).toBe(undisturbed.text);
      expect(reading.notices).toHaveLength(1);
    }
    expect((await engine.devices())[0]).toMatchObject({
      state: 'ready',
      restarts: questions.length,
    });
  });

  it('computes only the new part of a growing conversation', async () => {
    const first = await ask('Count from one to five.');
    const answer = await read(first, { maxTokens: 12 }).outcome;
    const model = engine.resolve('smollm2', 'chat');
    const more = await model.encode([answer.text, ' Then']);
    const { timings } = await read(Int32Array.from([...first, ...more]), { maxTokens: 4 }).outcome;
    expect(timings.cachedTokens).toBeGreaterThanOrEqual(first.length);
  });

  it('lets a long prompt delay a stream by no more than a chunk', async () => {
    const long = await ask('word '.repeat(500));
    let other: Promise<GenerationOutcome> | undefined;
    const stream = read(await ask('Tell me a story.'), { maxTokens: 30 }, () => {
      other ??= read(long, { maxTokens: 2 }).outcome;
    });
    await stream.outcome;
    const beside = steps.filter(({ decodes, prefillTokens }) => decodes > 0 && prefillTokens > 0);
    expect(beside.length).toBeGreaterThan(2);
    expect(Math.max(...beside.map(({ prefillTokens }) => prefillTokens))).toBeLessThanOrEqual(128);
    expect((await other!).timings.promptTokens).toBe(long.length);
  });

  it('stops the prefill of a cancelled prompt inside its step', async () => {
    const prompt = await ask('other '.repeat(1500));
    const reading = read(prompt);
    while ((await engine.devices())[0]!.models[0]!.activeSlots === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    reading.cancel.abort();
    expect((await reading.outcome).finishReason).toBe('cancelled');
    while (done.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { cancel } = done[0]!;
    expect(cancel!.lastStep).toBeLessThanOrEqual(cancel!.arrivedAtStep + 1);
    expect(steps.length).toBeLessThanOrEqual(1);
  });
});
