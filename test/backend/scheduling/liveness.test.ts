import { expect, it } from 'vitest';
import type { FromHost } from '../../../backend/host/messages.ts';
import { Liveness } from '../../../backend/scheduling/liveness.ts';

const limits = { checkMs: 10, silentChecks: 2, stepMs: 100 };
const progress: FromHost = {
  type: 'progress',
  model: 'm',
  progress: { placed: [], answers: [], slid: [], ended: [], failed: [] },
};

it('counts looks without a message in between', () => {
  const liveness = new Liveness(limits);
  expect([liveness.check(), liveness.check()]).toEqual([undefined, undefined]);
  liveness.heard({ type: 'beat' });
  expect([liveness.check(), liveness.check()]).toEqual([undefined, undefined]);
  expect(liveness.check()).toBe('nothing was heard of it for 20 ms');
});

it('holds a step to its limit, however often the host speaks', () => {
  const liveness = new Liveness(limits);
  liveness.heard({ type: 'beat', stepMs: 100 });
  expect(liveness.check()).toBeUndefined();
  liveness.heard({ type: 'beat', stepMs: 101 });
  liveness.heard({ type: 'encoded', call: 1, tokens: new Int32Array() });
  expect(liveness.check()).toBe('a step has been running for 101 ms');
});

it('forgets a step that has ended', () => {
  const liveness = new Liveness(limits);
  liveness.heard({ type: 'beat', stepMs: 101 });
  liveness.heard(progress);
  expect(liveness.check()).toBeUndefined();
});
