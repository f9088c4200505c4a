import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { numberList } from '../../../backend/cli/arguments.ts';
import { formatLayers } from '../../../backend/verification/layers.ts';

describe('lists of layers', () => {
  it('are written as the command line reads them', () => {
    expect(formatLayers([9, 3, 8, 7])).toBe('3,7-9');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(1023), { minLength: 1 }), (layers) => {
        const sorted = layers.toSorted((a, b) => a - b);
        expect(numberList(1023)(formatLayers(layers))).toStrictEqual(sorted);
      }),
    );
  });
});
