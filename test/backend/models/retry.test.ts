import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FetchError } from '../../../backend/models/http.ts';
import { retryDelay, withRetries } from '../../../backend/models/retry.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true });
const failures = fc.integer({ min: 1, max: 60 });

describe('retryDelay', () => {
  it.each([
    [1, 1, undefined, 500],
    [1, 0, undefined, 250],
    [3, 1, undefined, 2000],
    [60, 1, undefined, 20_000],
    [1, 1, 3000, 3000],
    [6, 1, 3000, 16_000],
    [1, 1, 1e9, 60_000],
  ])('after %i failures, dice %f, Retry-After %s: %i ms', (count, dice, asked, delay) => {
    expect(retryDelay(count, dice, asked)).toBe(delay);
  });

  it('stays between 0.25 s and 20 s when the server asks for nothing', () => {
    fc.assert(
      fc.property(failures, random, (count, dice) => {
        const delay = retryDelay(count, dice, undefined);
        expect(delay).toBeGreaterThanOrEqual(250);
        expect(delay).toBeLessThanOrEqual(20_000);
      }),
    );
  });

  it('never comes back sooner than asked, within a minute', () => {
    fc.assert(
      fc.property(failures, random, fc.nat(60_000), (count, dice, asked) => {
        expect(retryDelay(count, dice, asked)).toBeGreaterThanOrEqual(asked);
      }),
    );
  });
});

describe('withRetries', () => {
  it('does not try again what failed for good, or in a way it does not know', async () => {
    const edges = { sleep: () => Promise.resolve(), random: () => 1 };
    const { signal } = new AbortController();
    for (const error of [new FetchError('gone', false), new TypeError('bug')]) {
      let tries = 0;
      const work = (): Promise<never> => {
        tries++;
        return Promise.reject(error);
      };
      await expect(withRetries(work, { signal, edges })).rejects.toBe(error);
      expect(tries).toBe(1);
    }
  });
});
