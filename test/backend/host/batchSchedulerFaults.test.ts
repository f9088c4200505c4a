import { describe, expect, it } from 'vitest';
import { DeviceError } from '../../../backend/devices/device.ts';
import { answerAlone } from '../../support/aloneTokens.ts';
import { StepGate } from '../../support/memoryDevice.ts';
import { endless, prompt, SchedulerBench } from '../../support/schedulerBench.ts';

describe('cancelling', () => {
  it('takes effect before the next step', async () => {
    const bench = await SchedulerBench.create();
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
    const bench = await SchedulerBench.create({ ...endless, duringStep: gate.pass });
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
    const bench = await SchedulerBench.create({ ...endless, duringStep: gate.pass });
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
    const bench = await SchedulerBench.create({ ...endless, duringStep: gate.pass });
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
    const bench = await SchedulerBench.create(endless, { slots: 1 });
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
    const bench = await SchedulerBench.create({
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

  it.each(['hung', 'lost', 'timeout', 'inUse'] as const)(
    'leaves %s to the supervisor',
    async (code) => {
      const bench = await SchedulerBench.create();
      bench.model.failNextStep(new DeviceError(code, 'gone'));
      bench.submit('a');
      await expect(bench.finish()).rejects.toMatchObject({ code });
    },
  );

  it('tells those whose model turns out to be damaged, and goes on', async () => {
    const bench = await SchedulerBench.create();
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
    const bench = await SchedulerBench.create(endless, { kvTokens: 2000, contextLength: 2000 });
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
    const bench = await SchedulerBench.create(endless, { kvTokens: 2400, contextLength: 2048 });
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
    const bench = await SchedulerBench.create();
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
