/** Answers that outgrow the context, in the batch of a scheduler. */
import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../backend/devices/device.ts';
import { slidAlone } from '../../support/aloneTokens.ts';
import { endless, prompt, SchedulerBench } from '../../support/schedulerBench.ts';

const contextLength = 64;
const penalized = { temperature: 1, seed: 7, repetitionPenalty: 1.3 };
const overflow = 'slide' as const;
const create = (
  load: Parameters<typeof SchedulerBench.create>[1] = {},
): ReturnType<typeof SchedulerBench.create> =>
  SchedulerBench.create(endless, { contextLength, ...load });
const slides = (bench: SchedulerBench, id = 'a'): number =>
  bench.reports.flatMap(({ slid }) => slid).filter((one) => one === id).length;

describe('an answer that slides', () => {
  it.each([
    ['greedy', { temperature: 0 }],
    ['with random numbers and a penalty', penalized],
  ])('goes on to maxTokens, each token from what remains: %s', async (_, sampling) => {
    const bench = await create();
    const asked = prompt(1, 20);
    bench.submit('a', { prompt: asked, maxTokens: 200, sampling, overflow });
    await bench.finish();
    const alone = await slidAlone(asked, 200, contextLength, sampling);
    expect(bench.tokens('a')).toEqual(alone.tokens);
    expect(bench.text('a')).toBe(alone.text);
    expect(slides(bench)).toBe(7);
    expect(bench.ends('a')).toMatchObject([{ reason: 'length' }]);
  });

  it('computes its beginning once, and again only what is behind the tokens that it dropped', async () => {
    const bench = await create();
    const { prompt: asked } = bench.submit('a', { prompt: prompt(1, 20), maxTokens: 60, overflow });
    await bench.finish();
    const chunks = bench.model.plans.flatMap(({ prefill }) => prefill ?? []);
    // Of 64 tokens 16 stay, 24 go and 24 are computed again.
    expect(chunks.map(({ from, tokens }) => [from, tokens.length])).toEqual([
      [0, asked.length],
      [16, 24],
    ]);
    // Of the prompt's tokens none was computed twice.
    expect(bench.ends('a')).toMatchObject([{ prefilledTokens: asked.length }]);
  });

  it('stops at a text that begins before a slide and ends after it', async () => {
    const asked = prompt(1, 20);
    const { text, tokens } = await slidAlone(asked, 80, contextLength);
    const bench = await create();
    const shown = Buffer.from(tokens.slice(0, 44)).toString().length;
    const stop = text.slice(shown - 3, shown + 3);
    bench.submit('a', { prompt: asked, maxTokens: 80, stop: [stop], overflow });
    await bench.finish();
    expect(bench.text('a')).toBe(text.slice(0, text.indexOf(stop)));
    expect(bench.ends('a')).toMatchObject([{ reason: 'stop' }]);
  });

  it('drops the middle of a prompt that is too long, before it runs', async () => {
    const bench = await create();
    const asked = prompt(2, 300);
    bench.submit('a', { prompt: asked, maxTokens: 3, overflow });
    await bench.finish();
    expect(bench.tokens('a')).toEqual((await slidAlone(asked, 3, contextLength)).tokens);
    const first = bench.reports.findIndex(({ slid }) => slid.includes('a'));
    expect(first).toBe(0);
    expect([...bench.model.plans[0]!.prefill!.tokens.slice(0, 16)]).toEqual([
      ...asked.slice(0, 16),
    ]);
    bench.submit('again', { prompt: asked, maxTokens: 3, overflow });
    await bench.finish();
    // All that remains of it, but its last token.
    expect(bench.cached('again')).toBe(bench.model.plans[0]!.prefill!.tokens.length - 1);
    expect(bench.tokens('again')).toEqual(bench.tokens('a'));
  });

  it('goes on after the tokens that another host has sent, wherever that stopped', async () => {
    const asked = prompt(1, 20);
    const { tokens, text } = await slidAlone(asked, 120, contextLength, penalized);
    const said = { prompt: asked, maxTokens: 120, sampling: penalized, overflow };
    for (let sent = 1; sent < 120; sent += 3) {
      const bench = await create();
      bench.submit('a', { ...said, generated: Int32Array.from(tokens.slice(0, sent)) });
      await bench.finish();
      expect(bench.tokens('a')).toEqual(tokens.slice(sent));
      expect(text.endsWith(bench.text('a'))).toBe(true);
    }
  });

  it('comes back from where it was put off for want of memory', async () => {
    const bench = await create({ slots: 3 });
    const ids = ['a', 'b', 'c'];
    for (const [i, id] of ids.entries()) {
      const asked = prompt(i, 10 + i);
      bench.submit(id, { prompt: asked, maxTokens: 150, overflow, sampling: penalized });
    }
    for (let turns = 0; bench.scheduler.hasWork; turns++) {
      if (turns % 7 === 6) bench.model.failNextStep(new DeviceError('noMemory', 'Full.'));
      await bench.turn();
    }
    for (const [i, id] of ids.entries()) {
      const alone = await slidAlone(prompt(i, 10 + i), 150, contextLength, penalized);
      expect(bench.tokens(id)).toEqual(alone.tokens);
      expect(bench.ends(id)).toHaveLength(1);
    }
    const placements = bench.reports.flatMap(({ placed }) => placed);
    expect(placements.length).toBeGreaterThan(10);
  });

  it('computes the beginning, too, where a first chunk is cheaper than what follows it', async () => {
    const bench = await create();
    Object.assign(bench.model, { firstChunk: 32 });
    bench.submit('a', { prompt: prompt(1, 20), maxTokens: 60, overflow });
    await bench.finish();
    const chunks = bench.model.plans.flatMap(({ prefill }) => prefill ?? []);
    expect(chunks.map(({ from, tokens }) => [from, tokens.length])).toContainEqual([0, 40]);
    const alone = await slidAlone(prompt(1, 20), 60, contextLength);
    expect(bench.tokens('a')).toEqual(alone.tokens);
  });

  it('asks for its computing like one that has just come, not like one that has waited', async () => {
    let now = 0;
    const bench = await SchedulerBench.create(
      endless,
      { contextLength, slots: 2 },
      { now: () => now },
    );
    bench.submit('old', { prompt: prompt(1, 20), maxTokens: 60, overflow });
    while (slides(bench, 'old') === 0) await bench.turn();
    now = 1000;
    bench.submit('typed', { class: 'completion', prompt: prompt(2, 30), maxTokens: 1 });
    const { step } = await bench.turn();
    expect(step?.prefillTokens).toBe(30);
  });
});
