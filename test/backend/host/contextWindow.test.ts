import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keptTokens } from '../../../backend/host/contextWindow.ts';

describe('keptTokens', () => {
  it.each([
    ['all below the context', 40, 99, 100, { head: 25, tail: 25 }],
    ['the beginning and half of the rest', 40, 100, 100, { head: 25, tail: 62 }],
    ['the same until the context is reached again', 40, 136, 100, { head: 25, tail: 62 }],
    ['half of the rest again', 40, 137, 100, { head: 25, tail: 99 }],
    ['a short prompt whole', 4, 100, 100, { head: 4, tail: 52 }],
    [
      'of a prompt that is too long, its beginning and its end',
      250,
      250,
      100,
      { head: 25, tail: 210 },
    ],
    ['the same of a very long one', 1000, 1000, 100, { head: 25, tail: 950 }],
    ['the last token of a context of two', 5, 9, 2, { head: 0, tail: 8 }],
    ['the last token of a context of one', 5, 9, 1, { head: 0, tail: 8 }],
  ])('keeps %s', (_, prompt, length, context, kept) => {
    expect(keptTokens(prompt, length, context)).toEqual(kept);
  });

  it('leaves room for more, keeps the end, and drops only more as a sequence grows', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 300 }),
        fc.nat(300),
        fc.integer({ min: 2, max: 100 }),
        (prompt, answer, context) => {
          const length = prompt + answer;
          const { head, tail } = keptTokens(prompt, length, context);
          const left = head + length - tail;
          expect(left).toBeLessThan(context);
          expect(left).toBeGreaterThanOrEqual(Math.min(length, Math.floor(context / 2)));
          expect(head).toBeLessThanOrEqual(Math.min(prompt, context / 4));
          const next = keptTokens(prompt, length + 1, context);
          expect(next.head).toBe(head);
          expect(next.tail).toBeGreaterThanOrEqual(tail);
        },
      ),
    );
  });
});
