import { afterEach, expect, it } from 'vitest';
import { BatchScheduler } from '../../../backend/host/batchScheduler.ts';
import { HostLoop } from '../../../backend/host/hostLoop.ts';
import { endless, SchedulerBench } from '../../support/schedulerBench.ts';

let loop: HostLoop;
let ended: Promise<void>;
afterEach(async () => {
  loop.end();
  await ended;
});

it('does not count against a step what it waits for a load', async () => {
  let now = 1000;
  loop = new HostLoop(
    () => undefined,
    () => now,
  );
  const { model } = await SchedulerBench.create(endless);
  // A step that waits as long as the test wants.
  let goOn = (): void => undefined;
  const begun = new Promise<void>((begin) => {
    const step = model.step.bind(model);
    model.step = async (plan) => {
      begin();
      await new Promise<void>((resolve) => (goOn = resolve));
      return step(plan);
    };
  });
  const scheduler = new BatchScheduler(model);
  loop.add('m', scheduler);
  ended = loop.run();
  expect(loop.stepMs).toBeUndefined();
  scheduler.submit({
    ...{ id: 'a', class: 'chat', order: 0, prompt: Int32Array.of(97), maxTokens: 1 },
    ...{ generated: new Int32Array(), sampling: { temperature: 0 }, stop: [], overflow: 'stop' },
  });
  loop.wake();
  await begun;
  now = 1500;
  expect(loop.stepMs).toBe(500);

  let finish = (): void => undefined;
  const loaded = loop.whileLoading(() => new Promise<void>((resolve) => (finish = resolve)));
  now = 200_000;
  expect(loop.stepMs).toBeUndefined();
  finish();
  await loaded;
  now = 200_100;
  expect(loop.stepMs).toBe(100);
  goOn();
});
