import { describe, expect, it } from 'vitest';
import { largest } from '../../../backend/devices/largest.ts';

describe('largest', () => {
  it.each([
    [[1, 3, 2], 1],
    [[-5, -3, -4], 1],
    [[2, 2, 1], 0],
    [[-Infinity, -1], 1],
  ])('finds it in %j', (logits, index) => {
    expect(largest(Float32Array.from(logits))).toBe(index);
  });

  it.each([[[NaN, 1]], [[1, NaN]], [[1, 2, NaN, 3]], [[-Infinity, -Infinity]], [[]]])(
    'finds none in %j',
    (logits) => {
      expect(largest(Float32Array.from(logits))).toBe(-1);
    },
  );
});
