/** Speculation and warm-ups are in nobody's way: counted in steps of the device. */
import { describe, expect, it } from 'vitest';
import { StepGate } from '../../support/memoryDevice.ts';
import { prompt, SchedulerBench } from '../../support/schedulerBench.ts';

const real = { class: 'completion', prompt: prompt(1, 20), maxTokens: 4 } as const;

/** Steps from the arrival of a completion to each of its tokens. */
async function stepsToTokens(before: (bench: SchedulerBench) => Promise<void>): Promise<number[]> {
  const bench = await SchedulerBench.create();
  await before(bench);
  const begun = bench.model.stepsDone;
  bench.submit('real', real);
  await bench.finish();
  return bench.stepsOf('real').map((step) => step - begun);
}

describe('a completion', () => {
  const alone = stepsToTokens(() => Promise.resolve());

  it.each([
    ['a speculation that generates', { prompt: prompt(2, 20), maxTokens: 32 }, 3],
    ['a speculation in its prompt', { prompt: prompt(2, 1500), maxTokens: 32 }, 1],
    ['a warm-up', { prompt: prompt(3, 1500), maxTokens: 0 }, 1],
  ])('loses no step to %s', async (_, warm, turns) => {
    const beside = await stepsToTokens(async (bench) => {
      bench.submit('warm', { class: 'warmup', ...warm });
      await bench.turn(turns);
    });
    expect(beside).toEqual(await alone);
  });

  it('has its steps to itself, and what was warmed goes on afterwards', async () => {
    const bench = await SchedulerBench.create();
    bench.submit('ahead', { class: 'warmup', prompt: prompt(2, 20), maxTokens: 12 });
    await bench.turn(4);
    bench.submit('real', real);
    await bench.finish();
    const steps = bench.stepsOf('real');
    expect(bench.stepsOf('ahead').filter((step) => steps.includes(step))).toEqual([]);
    expect(bench.tokens('ahead')).toHaveLength(12);
    expect(bench.ends('ahead')).toMatchObject([{ reason: 'length' }]);
  });

  it('ends the step that a speculation is in', async () => {
    const gate = new StepGate();
    const bench = await SchedulerBench.create({ endOneIn: 0, duringStep: gate.pass });
    bench.submit('ahead', { class: 'warmup', prompt: prompt(2, 600), maxTokens: 12 });
    const turn = bench.turn();
    await gate.arrived();
    bench.submit('real', real);
    await turn;
    expect(bench.model.stepsDone).toBe(0);
    gate.open(1);
    await bench.turn();
    expect(bench.model.plans.at(-1)?.prefill?.tokens).toHaveLength(20);
    expect(bench.tokens('real')).toHaveLength(1);
  });

  it('uses what was computed ahead of it', async () => {
    const bench = await SchedulerBench.create();
    bench.submit('warm', { class: 'warmup', prompt: prompt(1, 200), maxTokens: 0 });
    await bench.finish();
    bench.submit('real', { ...real, prompt: prompt(1, 210) });
    await bench.finish();
    expect(bench.cached('real')).toBe(200);
  });
});
