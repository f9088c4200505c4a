import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLayers, parseLayers } from '../../backend/protocol/layers.ts';

describe('lists of layers', () => {
  it.each([
    ['0,3-5', [0, 3, 4, 5]],
    [' 7 , 1 - 2', [1, 2, 7]],
    ['3,3-4', [3, 4]],
  ])('reads %j', (text, layers) => expect(parseLayers(text)).toStrictEqual(layers));

  it.each(['', 'a', '5-3', '-1', '1,,2', '1024', '3-', '1;2'])('refuses %j', (text) =>
    expect(parseLayers(text)).toBeUndefined(),
  );

  it('writes what it reads', () => {
    expect(formatLayers([9, 3, 8, 7])).toBe('3,7-9');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1023), { minLength: 1 }), (layers) => {
        const sorted = layers.toSorted((a, b) => a - b);
        expect(parseLayers(formatLayers(layers))).toStrictEqual(sorted);
      }),
    );
  });
});
