import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  afterConnection,
  afterFailure,
  delayBefore,
  isExhausted,
  localPolicy,
  remotePolicy,
  type RestartPolicy,
} from '../../extension/restartPolicy.ts';

function afterFailuresAt(policy: RestartPolicy, times: readonly number[]): RestartPolicy {
  return times.reduce((current, at) => afterFailure(current, at), policy);
}

test.each([
  ['five in a minute are allowed', [0, 1, 2, 3, 4].map((s) => s * 1000), false],
  ['the sixth is too many', [0, 1, 2, 3, 4, 5].map((s) => s * 1000), true],
  [
    'six spread over more than a minute are allowed',
    [0, 1, 2, 3, 4, 61].map((s) => s * 1000),
    false,
  ],
])('budget: %s', (_, times, exhausted) => {
  expect(isExhausted(afterFailuresAt(localPolicy, times))).toBe(exhausted);
});

test('failures that do not count only make the delay longer', () => {
  let policy = localPolicy;
  for (let i = 0; i < 50; i++) policy = afterFailure(policy, i, false);
  expect(isExhausted(policy)).toBe(false);
  expect(delayBefore(policy, 0)).toBe(15_000);
});

test('delays double from a quarter of a second to half a minute', () => {
  const delays = [];
  let policy = remotePolicy;
  for (let i = 0; i < 10; i++) {
    policy = afterFailure(policy, i * 100_000);
    delays.push(delayBefore(policy, 0.999_999));
  }
  expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test('chance decides the upper half of a delay, never more', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        const policy = { ...localPolicy, attempt };
        const delay = delayBefore(policy, random);
        const longest = delayBefore(policy, 0) * 2;
        return delay >= longest / 2 && delay <= longest && longest <= 30_000;
      },
    ),
  );
});

test('a remote backend never runs out of tries', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), (times) => !isExhausted(afterFailuresAt(remotePolicy, times))),
  );
});

test('only a connection that lasted forgives earlier failures', () => {
  const failed = afterFailuresAt(localPolicy, [0, 1, 2]);
  expect(afterConnection(failed, 59_999)).toBe(failed);
  expect(afterConnection(failed, 60_000)).toEqual(localPolicy);
});
