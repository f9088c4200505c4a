import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstLines, shareOut } from '../../../extension/chat/shareOut.ts';

test.each([
  [[], 10, []],
  [[3, 4], 10, [3, 4]],
  [[30, 4, 20], 24, [10, 4, 10]],
  [[5, 5, 5], 10, [3, 3, 4]],
  [[5], -3, [0]],
])('%j in a room of %i: %j', (sizes, room, shares) => {
  expect(shareOut(sizes, room)).toEqual(shares);
});

test('shares fit, nobody gets more than it needs, and the room is used', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1000)), fc.nat(5000), (sizes, room) => {
      const shares = shareOut(sizes, room);
      const total = shares.reduce((sum, share) => sum + share, 0);
      const needed = sizes.reduce((sum, size) => sum + size, 0);
      expect(total).toBe(Math.min(room, needed));
      expect(shares.every((share, index) => share <= (sizes[index] ?? 0))).toBe(true);
    }),
  );
});

test.each([
  ['one\ntwo', 7, 'one\ntwo'],
  ['one\ntwo', 6, 'one'],
  ['one\ntwo', 2, ''],
])('%j cut to %i', (text, limit, kept) => {
  expect(firstLines(text, limit)).toBe(kept);
});
