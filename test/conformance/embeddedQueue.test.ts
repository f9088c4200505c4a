import { expect, it } from 'vitest';
import { EmbeddedQueue } from '../../backend/scheduling/embeddedQueue.ts';
import { ManualClock } from '../support/manualClock.ts';
import { testQueue } from './queue.ts';

testQueue('the embedded queue', ({ limit }) => {
  const clock = new ManualClock();
  const queue = new EmbeddedQueue<string>({ limit, clock });
  return Promise.resolve({
    queue,
    now: () => clock.now(),
    pass: (ms: number) => {
      clock.advance(ms);
      return Promise.resolve();
    },
    dispose: () => queue.close(),
  });
});

it('gives no worker a late item, though its timer is late too', async () => {
  let now = 0;
  const queue = new EmbeddedQueue<string>({
    clock: { now: () => now, after: () => () => undefined },
  });
  const item = {
    id: 'a',
    class: 'chat',
    model: 'm',
    tokens: 1,
    arrivedAt: 0,
    payload: '',
  } as const;
  const waiting = queue.enqueue({ ...item, deadlineMs: 5 }, new AbortController().signal);
  now = 5;
  expect(await queue.take({ model: 'm', room: { chat: 10 } })).toBeUndefined();
  await expect(waiting).rejects.toMatchObject({ errorName: 'deadlineExceeded' });
});
