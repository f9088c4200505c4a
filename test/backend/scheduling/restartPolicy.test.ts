import { expect, it } from 'vitest';
import {
  afterDeath,
  defaultRestartPolicy,
  type RestartPolicy,
} from '../../../backend/scheduling/restartPolicy.ts';

const policy: RestartPolicy = {
  budget: 3,
  windowMs: 1000,
  firstDelayMs: 10,
  longestDelayMs: 30,
  deaths: [],
};

/** The delays that follow deaths at these times; undefined where it gives up. */
function delays(times: readonly number[]): (number | undefined)[] {
  let current: RestartPolicy | undefined = policy;
  return times.map((time) => {
    const restart = current && afterDeath(current, time);
    current = restart?.policy;
    return restart?.delayMs;
  });
}

it.each([
  ['waits twice as long each time, up to a limit', [0, 1, 2], [10, 20, 30]],
  ['gives up when the budget is spent', [0, 1, 2, 3], [10, 20, 30, undefined]],
  ['forgets deaths that left the window', [0, 1, 1000, 1001, 1002], [10, 20, 20, 20, 30]],
  ['forgives all after a quiet time', [0, 1, 2, 5000], [10, 20, 30, 10]],
])('%s', (_, times, expected) => {
  expect(delays(times)).toEqual(expected);
});

it('is not changed by use', () => {
  afterDeath(policy, 0);
  expect(policy.deaths).toEqual([]);
  expect(afterDeath(defaultRestartPolicy, 0)?.policy).not.toBe(defaultRestartPolicy);
});
