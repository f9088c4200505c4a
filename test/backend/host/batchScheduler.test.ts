import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BatchScheduler,
  type BatchSchedulerOptions,
} from '../../../backend/host/batchScheduler.ts';
import { DeviceError, type LoadOptions } from '../../../backend/devices/device.ts';
import { TokenText } from '../../../backend/host/tokenText.ts';
import type { Progress, Submission } from '../../../backend/host/messages.ts';
import { RequestClass } from '../../../backend/protocol/generation.ts';
import { answerAlone } from '../../support/aloneTokens.ts';
import { MemoryDevice, StepGate, type MemoryDeviceOptions } from '../../support/memoryDevice.ts';
import type { MemoryModel } from '../../support/memoryModel.ts';

const endless: MemoryDeviceOptions = { endOneIn: 0 };
const tokensOf = (text: string): Int32Array => Int32Array.from(Buffer.from(text));
const prompt = (seed: number, length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => 97 + ((seed * 7 + i * (seed + 1)) % 26));

/** A scheduler over the in-memory device, and all that it reported. */
class Bench {
  readonly reports: Progress[] = [];
  #order = 0;

  private constructor(
    readonly model: MemoryModel,
    readonly scheduler: BatchScheduler,
  ) {}

  static async create(
    device: MemoryDeviceOptions = endless,
    load: Partial<LoadOptions> = {},
    options: BatchSchedulerOptions = {},
  ): Promise<Bench> {
    const model = await new MemoryDevice(device).load({ path: 'm', slots: 4, ...load });
    return new Bench(model, new BatchScheduler(model, options));
  }

  submit(id: string, changes: Partial<Submission> = {}): Submission {
    const submission: Submission = {
      id,
      class: 'chat',
      order: this.#order++,
      prompt: tokensOf('hello'),
      generated: new Int32Array(),
      maxTokens: 8,
      sampling: { temperature: 0 },
      stop: [],
      ...changes,
    };
    this.scheduler.submit(submission);
    return submission;
  }

  async turn(times = 1): Promise<Progress> {
    for (let i = 0; i < times; i++) this.reports.push(await this.scheduler.turn());
    return this.reports.at(-1)!;
  }

  /** Turns until nothing is left to do. */
  async finish(): Promise<void> {
    while (this.scheduler.hasWork) await this.turn();
  }

  tokens(id: string): number[] {
    return this.#answers(id).flatMap(({ tokens }) => tokens);
  }

  text(id: string): string {
    return this.#answers(id)
      .map(({ text }) => text)
      .join('');
  }

  ends(id: string): Progress['ended'] {
    return this.reports.flatMap(({ ended }) => ended.filter((one) => one.id === id));
  }

  cached(id: string): number | undefined {
    return this.reports.flatMap(({ placed }) => placed).findLast((one) => one.id === id)
      ?.cachedTokens;
  }

  /** Numbers of the steps that gave the request a token. */
  stepsOf(id: string): number[] {
    return this.reports
      .filter(({ answers }) => answers.some((one) => one.id === id))
      .map(({ step }) => step!.step);
  }

  #answers(id: string): Progress['answers'] {
    return this.reports.flatMap(({ answers }) => answers.filter((one) => one.id === id));
  }
}

describe('BatchScheduler', () => {
  it('answers as the device does alone, and says how it ended', async () => {
    const bench = await Bench.create({});
    const { prompt: asked } = bench.submit('a', { maxTokens: 200 });
    await bench.finish();
    const alone = await answerAlone(asked, 200);
    expect(alone.tokens.length).toBeLessThan(200);
    expect(bench.tokens('a')).toEqual(alone.tokens);
    expect(bench.text('a')).toBe(alone.text);
    expect(bench.ends('a')).toMatchObject([{ reason: 'stop', prefilledTokens: 5 }]);
  });

  it('ends at maxTokens, at the context and at a stop text', async () => {
    const bench = await Bench.create(endless, { contextLength: 64 });
    const asked = prompt(1, 20);
    const { text } = await answerAlone(asked, 12, { device: endless });
    const stop = text.slice(6, 8);
    bench.submit('max', { prompt: asked, maxTokens: 12 });
    bench.submit('context', { prompt: asked, maxTokens: 1000 });
    bench.submit('stop', { prompt: asked, maxTokens: 12, stop: [stop] });
    await bench.finish();
    expect(bench.text('max')).toBe(text);
    expect(bench.tokens('context')).toHaveLength(44);
    expect(bench.text('stop')).toBe(text.slice(0, text.indexOf(stop)));
    expect(['max', 'context', 'stop'].map((id) => bench.ends(id)[0]?.reason)).toEqual([
      'length',
      'length',
      'stop',
    ]);
  });

  it('gives every answer a token in every step, in one batch', async () => {
    const bench = await Bench.create();
    for (const id of ['a', 'b', 'c', 'd'])
      bench.submit(id, { prompt: prompt(id.charCodeAt(0), 1) });
    await bench.finish();
    expect(bench.model.stepsDone).toBe(8);
    expect(bench.reports.map(({ step }) => step?.decodes)).toEqual(Array(8).fill(4));
  });

  it('lets a long prompt delay nobody by more than a chunk', async () => {
    const bench = await Bench.create();
    bench.submit('stream', { maxTokens: 30 });
    await bench.turn(2);
    bench.submit('long', { prompt: prompt(2, 1000), maxTokens: 2 });
    await bench.finish();
    const steps = bench.stepsOf('stream');
    expect(steps).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    const beside = bench.reports.map(({ step }) => step!).filter(({ decodes }) => decodes > 0);
    expect(Math.max(...beside.map(({ prefillTokens }) => prefillTokens))).toBe(128);
    expect(bench.tokens('long')).toEqual(
      (await answerAlone(prompt(2, 1000), 2, { device: endless })).tokens,
    );
  });

  it('prefills in large chunks alone', async () => {
    const bench = await Bench.create();
    bench.submit('long', { prompt: prompt(2, 1100), maxTokens: 1 });
    await bench.finish();
    expect(bench.reports.map(({ step }) => step?.prefillTokens)).toEqual([512, 512, 76]);
  });

  it('computes only what no slot holds, and always the last token', async () => {
    const bench = await Bench.create();
    const asked = prompt(3, 300);
    bench.submit('first', { prompt: asked, maxTokens: 4 });
    await bench.finish();
    bench.submit('again', { prompt: asked, maxTokens: 4 });
    await bench.finish();
    expect(bench.cached('first')).toBe(0);
    expect(bench.cached('again')).toBe(299);
    expect(bench.tokens('again')).toEqual(bench.tokens('first'));
    const longer = Int32Array.from([...asked, ...bench.tokens('first').slice(0, 3), 98]);
    bench.submit('longer', { prompt: longer, maxTokens: 4 });
    await bench.finish();
    expect(bench.cached('longer')).toBe(303);
    expect(bench.tokens('longer')).toEqual(
      (await answerAlone(longer, 4, { device: endless })).tokens,
    );
  });

  it('shares the prefix of a request that still runs', async () => {
    const bench = await Bench.create();
    bench.submit('one', { prompt: prompt(4, 200), maxTokens: 20 });
    await bench.turn(2);
    bench.submit('two', { prompt: Int32Array.from([...prompt(4, 150), 98, 99]), maxTokens: 6 });
    await bench.finish();
    expect(bench.cached('two')).toBe(150);
    const alone = await answerAlone(Int32Array.from([...prompt(4, 150), 98, 99]), 6, {
      device: endless,
    });
    expect(bench.tokens('two')).toEqual(alone.tokens);
  });

  it('parks a conversation whose slot another needs, and brings it back', async () => {
    // Costs and copies are measured in ms: with this clock prefill is expensive.
    let now = 0;
    const bench = await Bench.create(endless, { slots: 1 }, { now: () => (now += 100) });
    bench.submit('a', { prompt: prompt(5, 400), maxTokens: 3 });
    await bench.finish();
    bench.submit('b', { prompt: prompt(6, 400), maxTokens: 3 });
    await bench.finish();
    const next = Int32Array.from([...prompt(5, 400), 97]);
    bench.submit('a2', { prompt: next, maxTokens: 3 });
    await bench.finish();
    expect(bench.cached('b')).toBe(0);
    expect(bench.cached('a2')).toBe(400);
    expect(bench.tokens('a2')).toEqual((await answerAlone(next, 3, { device: endless })).tokens);
  });

  it('computes a warm-up without a token, after everybody else', async () => {
    const bench = await Bench.create();
    bench.submit('warm', { class: 'warmup', prompt: prompt(7, 100), maxTokens: 0 });
    bench.submit('chat', { prompt: prompt(8, 100), maxTokens: 1 });
    await bench.finish();
    expect(bench.model.plans.map(({ prefill }) => prefill!.tokens[0])).toEqual([
      prompt(8, 1)[0],
      prompt(7, 1)[0],
    ]);
    expect(bench.tokens('warm')).toEqual([]);
    expect(bench.ends('warm')).toMatchObject([{ reason: 'length', prefilledTokens: 100 }]);
    bench.submit('user', { prompt: prompt(7, 101), maxTokens: 1 });
    await bench.finish();
    expect(bench.cached('user')).toBe(100);
  });

  it('goes on after tokens that another host has sent, at the very character', async () => {
    const asked = tokensOf('to be continued');
    const { tokens, text } = await answerAlone(asked, 60, { device: endless });
    // Three letters late in the answer: the stop begins before some of the cuts and ends after.
    const stop = [...text].slice(-8, -5).join('');
    const first = await Bench.create();
    first.submit('a', { prompt: asked, maxTokens: 60, stop: [stop] });
    await first.finish();
    const answered = first.tokens('a');
    for (let sent = 0; sent < answered.length; sent++) {
      const shown = new TokenText((token) => first.model.piece(token), [stop]);
      const before = answered.slice(0, sent).map((token) => shown.push(token));
      const second = await Bench.create();
      const generated = Int32Array.from(answered.slice(0, sent));
      second.submit('a', { prompt: asked, generated, maxTokens: 60, stop: [stop] });
      await second.finish();
      expect([...generated, ...second.tokens('a')]).toEqual(answered);
      expect(before.join('') + second.text('a')).toBe(first.text('a'));
    }
    expect(answered).toEqual(tokens.slice(0, answered.length));
    expect(first.ends('a')).toMatchObject([{ reason: 'stop' }]);
  });
});

describe('cancelling', () => {
  it('takes effect before the next step', async () => {
    const bench = await Bench.create();
    bench.submit('a', { maxTokens: 100 });
    bench.submit('b', { maxTokens: 10 });
    await bench.turn(3);
    bench.scheduler.cancel('a');
    await bench.finish();
    expect(bench.ends('a')).toMatchObject([
      { reason: 'cancelled', cancelledAtStep: 3, lastStep: 3 },
    ]);
    expect(bench.tokens('b')).toHaveLength(10);
  });

  it('waits for a step that others need, and is in no further one', async () => {
    const gate = new StepGate();
    const bench = await Bench.create({ ...endless, duringStep: gate.pass });
    bench.submit('a', { maxTokens: 100 });
    bench.submit('b', { maxTokens: 5 });
    gate.open(2);
    await bench.turn(2);
    const third = bench.turn();
    await gate.arrived();
    bench.scheduler.cancel('a');
    expect(gate.held).toBe(1);
    gate.open(100);
    await third;
    await bench.finish();
    expect(bench.ends('a')).toMatchObject([
      { reason: 'cancelled', cancelledAtStep: 3, lastStep: 3 },
    ]);
    expect(bench.tokens('b')).toHaveLength(5);
  });

  it('aborts a step that nobody else needs', async () => {
    const gate = new StepGate();
    const bench = await Bench.create({ ...endless, duringStep: gate.pass });
    bench.submit('a', { prompt: prompt(1, 2000) });
    const turn = bench.turn();
    await gate.arrived();
    bench.scheduler.cancel('a');
    await turn; // without a permit from the gate
    expect(bench.model.stepsDone).toBe(0);
    expect(bench.ends('a')).toMatchObject([
      { reason: 'cancelled', cancelledAtStep: 1, lastStep: 1 },
    ]);
    expect(bench.scheduler.hasWork).toBe(false);
  });

  it('aborts a warm-up when a request comes, and finishes it afterwards', async () => {
    const gate = new StepGate();
    const bench = await Bench.create({ ...endless, duringStep: gate.pass });
    bench.submit('warm', { class: 'warmup', prompt: prompt(1, 600), maxTokens: 0 });
    const turn = bench.turn();
    await gate.arrived();
    bench.submit('user', { prompt: prompt(2, 40), maxTokens: 1 });
    await turn;
    gate.open(100);
    await bench.finish();
    expect(bench.reports.map(({ step }) => step?.prefillTokens)).toEqual([undefined, 40, 512, 88]);
    expect(bench.ends('warm')).toMatchObject([{ reason: 'length' }]);
  });

  it('of one that waits, or is unknown, needs no step', async () => {
    const bench = await Bench.create(endless, { slots: 1 });
    bench.submit('a', { maxTokens: 3 });
    bench.submit('b');
    await bench.turn();
    bench.scheduler.cancel('b');
    bench.scheduler.cancel('nobody');
    await bench.finish();
    expect(bench.ends('b')).toMatchObject([{ reason: 'cancelled', lastStep: 0 }]);
    expect(bench.tokens('a')).toHaveLength(3);
  });
});

describe('faults', () => {
  it('tries an aborted step again, but not for ever', async () => {
    let aborts = 2;
    const bench = await Bench.create({
      ...endless,
      duringStep: () =>
        aborts-- > 0 ? Promise.reject(new DeviceError('aborted', 'why?')) : Promise.resolve(),
    });
    const { prompt: asked } = bench.submit('a');
    await bench.finish();
    expect(bench.tokens('a')).toEqual((await answerAlone(asked, 8, { device: endless })).tokens);
    aborts = Infinity;
    bench.submit('b');
    await expect(bench.finish()).rejects.toMatchObject({ code: 'aborted' });
  });

  it.each(['hung', 'lost', 'timeout'] as const)('leaves %s to the supervisor', async (code) => {
    const bench = await Bench.create();
    bench.model.failNextStep(new DeviceError(code, 'gone'));
    bench.submit('a');
    await expect(bench.finish()).rejects.toMatchObject({ code });
  });

  it('tells those whose model turns out to be damaged, and goes on', async () => {
    const bench = await Bench.create();
    bench.submit('a');
    bench.model.failNextStep(new DeviceError('invalidModel', 'No valid logits.'));
    await bench.finish();
    expect(bench.reports.flatMap(({ failed }) => failed)).toEqual([
      { id: 'a', fault: { code: 'invalidModel', message: 'No valid logits.' } },
    ]);
    bench.submit('b');
    await bench.finish();
    expect(bench.tokens('b')).toHaveLength(8);
  });

  it('makes room by emptying idle slots', async () => {
    const bench = await Bench.create(endless, { kvTokens: 2000, contextLength: 2000 });
    bench.submit('old', { prompt: prompt(1, 900), maxTokens: 1 });
    await bench.finish();
    const asked = prompt(2, 100);
    bench.submit('new', { prompt: asked, maxTokens: 1500 });
    await bench.finish();
    expect(bench.tokens('new')).toEqual(
      (await answerAlone(asked, 1500, { device: endless })).tokens,
    );
  });

  it('parks the least urgent answer when all together outgrow the cache, and finishes it later', async () => {
    // Each reserves 1024 tokens of its answer and writes 1400.
    const bench = await Bench.create(endless, { kvTokens: 2400, contextLength: 2048 });
    const asked = { a: prompt(1, 50), b: prompt(2, 50) };
    bench.submit('a', { prompt: asked.a, maxTokens: 1400 });
    bench.submit('b', { prompt: asked.b, maxTokens: 1400 });
    await bench.finish();
    for (const id of ['a', 'b'] as const) {
      const alone = await answerAlone(asked[id], 1400, { device: endless });
      expect(bench.tokens(id)).toEqual(alone.tokens);
      expect(bench.ends(id)).toHaveLength(1);
    }
    const both = bench.reports.findLastIndex(({ step }) => step?.decodes === 2);
    expect(
      bench.reports.slice(both + 1).some(({ placed }) => placed.some(({ id }) => id === 'b')),
    ).toBe(true);
  });

  it('tells the only one that does not fit, and goes on', async () => {
    const bench = await Bench.create();
    bench.submit('a');
    bench.model.failNextStep(new DeviceError('noMemory', 'The card is full.'));
    await bench.finish();
    expect(bench.reports.flatMap(({ failed }) => failed)).toEqual([
      { id: 'a', fault: { code: 'noMemory', message: 'The card is full.' } },
    ]);
    bench.submit('b');
    await bench.finish();
    expect(bench.tokens('b')).toHaveLength(8);
  });
});

it('gives everybody exactly the answer of an empty device, whatever happens around them', async () => {
  const request = fc.record({
    at: fc.nat(30),
    class: fc.constantFrom(...RequestClass.options),
    seed: fc.nat(3),
    length: fc.integer({ min: 1, max: 300 }),
    maxTokens: fc.nat(12),
    cancelAt: fc.option(fc.nat(40), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 8 }), async (requests) => {
      const bench = await Bench.create(
        {},
        { slots: 3, kvTokens: 700, contextLength: 400 },
        { parkBytes: 30_000 },
      );
      for (let turn = 0; turn < 42 || bench.scheduler.hasWork; turn++) {
        for (const [
          i,
          { at, length, seed, class: name, maxTokens, cancelAt },
        ] of requests.entries()) {
          if (at === turn)
            bench.submit(`${i}`, { class: name, prompt: prompt(seed, length), maxTokens });
          if (cancelAt === turn) bench.scheduler.cancel(`${i}`);
        }
        await bench.turn();
      }
      for (const [i, { seed, length, maxTokens }] of requests.entries()) {
        const ends = bench.ends(`${i}`);
        expect(ends).toHaveLength(1);
        const alone =
          maxTokens === 0 ? { tokens: [] } : await answerAlone(prompt(seed, length), maxTokens);
        const tokens = bench.tokens(`${i}`);
        if (ends[0]?.reason === 'cancelled') {
          expect(alone.tokens.slice(0, tokens.length)).toEqual(tokens);
          expect(ends[0].lastStep).toBeLessThanOrEqual(ends[0].cancelledAtStep!);
        } else expect(tokens).toEqual(alone.tokens);
      }
    }),
    { numRuns: 60 },
  );
});
