import { expect, it } from 'vitest';
import { TakeRate } from '../../../backend/scheduling/takeRate.ts';

/** A rate that has seen a take every `ms`, for long enough. */
function steady(ms: number): TakeRate {
  const rate = new TakeRate();
  for (let i = 0; i < 50; i++) rate.onTake(i * ms, true);
  return rate;
}

it('promises each who is refused a later place, at the measured rate', () => {
  const rate = steady(200);
  expect([rate.retryAfterMs(), rate.retryAfterMs(), rate.retryAfterMs()]).toEqual([200, 400, 600]);
});

it('gives a place again when one has left', () => {
  const rate = steady(200);
  rate.retryAfterMs();
  rate.retryAfterMs();
  rate.onTake(50 * 200, true);
  expect(rate.retryAfterMs()).toBe(400);
});

it('does not measure the time in which nobody waited', () => {
  const rate = steady(200);
  rate.onTake(50 * 200, false);
  rate.onTake(1e9, true);
  expect(rate.retryAfterMs()).toBe(200);
});

it('stays within sensible bounds', () => {
  expect(steady(1).retryAfterMs()).toBe(100);
  expect(steady(1e7).retryAfterMs()).toBe(60_000);
  expect(new TakeRate().retryAfterMs()).toBe(1000);
});
