import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenText } from '../../../backend/host/tokenText.ts';
import { RequestClass } from '../../../backend/protocol/generation.ts';
import { answerAlone } from '../../support/aloneTokens.ts';
import { endless, prompt, SchedulerBench, tokensOf } from '../../support/schedulerBench.ts';

describe('BatchScheduler', () => {
  it('answers as the device does alone, and says how it ended', async () => {
    const bench = await SchedulerBench.create({});
    const { prompt: asked } = bench.submit('a', { maxTokens: 200 });
    await bench.finish();
    const alone = await answerAlone(asked, 200);
    expect(alone.tokens.length).toBeLessThan(200);
    expect(bench.tokens('a')).toEqual(alone.tokens);
    expect(bench.text('a')).toBe(alone.text);
    expect(bench.ends('a')).toMatchObject([{ reason: 'stop', prefilledTokens: 5 }]);
  });

  it('ends at maxTokens, at the context and at a stop text', async () => {
    const bench = await SchedulerBench.create(endless, { contextLength: 64 });
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

  it.each([
    [undefined, 40, [40, 60]],
    [128, 0, [0, 100]],
  ])('goes on from a prefix unless, with a first chunk of %s, that costs more', async (...row) => {
    const [firstChunk, cachedTokens, chunk] = row;
    const bench = await SchedulerBench.create();
    Object.assign(bench.model, { firstChunk });
    const asked = prompt(1, 100);
    bench.submit('first', { prompt: asked.slice(0, 40), maxTokens: 1 });
    await bench.finish();
    bench.submit('second', { prompt: asked, maxTokens: 20 });
    await bench.finish();
    const placed = bench.reports.flatMap((report) => report.placed);
    expect(placed).toContainEqual({ id: 'second', cachedTokens });
    const chunks = bench.model.plans.flatMap(({ prefill }) => prefill ?? []);
    expect(chunks.map(({ from, tokens }) => [from, tokens.length])).toContainEqual(chunk);
    const alone = await answerAlone(asked, 20, { device: endless });
    expect(bench.tokens('second')).toEqual(alone.tokens);
  });

  it('computes little at once behind a first chunk that nothing goes on from', async () => {
    const bench = await SchedulerBench.create(endless, {}, {}, { firstChunk: 100 });
    const asked = prompt(1, 107);
    bench.submit('a', { prompt: asked, maxTokens: 4 });
    await bench.finish();
    const chunks = bench.model.plans.flatMap(({ prefill }) => prefill ?? []);
    const lengths = chunks.map(({ tokens }) => tokens.length);
    expect(lengths).toEqual([100, 2, 2, 2]);
    const alone = await answerAlone(asked, 4, { device: endless });
    expect(bench.tokens('a')).toEqual(alone.tokens);
  });

  it('gives every answer a token in every step, in one batch', async () => {
    const bench = await SchedulerBench.create();
    for (const id of ['a', 'b', 'c', 'd'])
      bench.submit(id, { prompt: prompt(id.charCodeAt(0), 1) });
    await bench.finish();
    expect(bench.model.stepsDone).toBe(8);
    expect(bench.reports.map(({ step }) => step?.decodes)).toEqual(Array(8).fill(4));
  });

  it('lets a long prompt delay nobody by more than a chunk', async () => {
    const bench = await SchedulerBench.create();
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
    const bench = await SchedulerBench.create();
    bench.submit('long', { prompt: prompt(2, 1100), maxTokens: 1 });
    await bench.finish();
    expect(bench.reports.map(({ step }) => step?.prefillTokens)).toEqual([512, 512, 76]);
  });

  it('computes only what no slot holds, and always the last token', async () => {
    const bench = await SchedulerBench.create();
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
    const bench = await SchedulerBench.create();
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
    const bench = await SchedulerBench.create(endless, { slots: 1 }, { now: () => (now += 100) });
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

  it.each([
    ['brings back what is dear to compute', { prefillMsPerToken: 1 }, 400],
    ['computes again what is cheap', { prefillMsPerToken: 1e-6 }, 0],
    ['computes again what is slow to copy', { prefillMsPerToken: 1, copyBytesPerMs: 1 }, 0],
  ])('%s, by what the device predicts before anything is measured', async (_, costs, cached) => {
    // Chunks too small to be measured.
    const chunks = { shared: 16, alone: 16 };
    const bench = await SchedulerBench.create(endless, { slots: 1 }, { chunks });
    Object.assign(bench.model, { costs });
    for (const seed of [5, 6]) {
      bench.submit(`${seed}`, { prompt: prompt(seed, 400), maxTokens: 3 });
      await bench.finish();
    }
    bench.submit('back', { prompt: Int32Array.from([...prompt(5, 400), 97]), maxTokens: 3 });
    await bench.finish();
    expect(bench.cached('back')).toBe(cached);
  });

  it('believes what it measures more than what the device predicts', async () => {
    let now = 0;
    const clock = (): number => (now += 100);
    const bench = await SchedulerBench.create(endless, { slots: 1 }, { now: clock });
    Object.assign(bench.model, { costs: { prefillMsPerToken: 1e-6 } });
    for (const seed of [5, 6]) {
      bench.submit(`${seed}`, { prompt: prompt(seed, 400), maxTokens: 3 });
      await bench.finish();
    }
    bench.submit('back', { prompt: Int32Array.from([...prompt(5, 400), 97]), maxTokens: 3 });
    await bench.finish();
    expect(bench.cached('back')).toBe(400);
  });

  it('computes a warm-up without a token, after everybody else', async () => {
    const bench = await SchedulerBench.create();
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
    const stop = text.slice(-8, -5);
    const first = await SchedulerBench.create();
    first.submit('a', { prompt: asked, maxTokens: 60, stop: [stop] });
    await first.finish();
    const answered = first.tokens('a');
    for (let sent = 0; sent < answered.length; sent++) {
      const shown = new TokenText((token) => first.model.piece(token), [stop]);
      const before = answered.slice(0, sent).map((token) => shown.push(token));
      const second = await SchedulerBench.create();
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
      const bench = await SchedulerBench.create(
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
