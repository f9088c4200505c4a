import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinLong, joinPairs, joinShort } from '../../../backend/tokenizer/bytePairs.ts';
import { MergeTable, type Merge } from '../../../backend/tokenizer/mergeTable.ts';

/** By the definition: look at all pairs, join the first of the lowest rank, begin again. */
function joinByDefinition(symbols: readonly number[], merges: readonly Merge[]): number[] {
  const result = [...symbols];
  for (;;) {
    const rankAt = (at: number): number =>
      merges.findLastIndex(({ left, right }) => left === result[at] && right === result[at + 1]);
    const ranks = result.slice(1).map((_, at) => rankAt(at));
    const best = Math.min(...ranks.filter((rank) => rank >= 0));
    if (best === Infinity) return result;
    result.splice(ranks.indexOf(best), 2, merges[best]!.merged);
  }
}

const token = fc.integer({ min: 0, max: 12 });
const merges = fc.array(fc.record({ left: token, right: token }), { maxLength: 40 }).map((pairs) =>
  // A token is what its parts are: the same pair gives the same token, and no two pairs one token.
  pairs.map(({ left, right }) => ({ left, right, merged: 13 + 13 * left + right })),
);

describe('byte pairs', () => {
  it.each([
    ['all pairs', joinShort],
    ['a heap', joinLong],
  ])('joins by %s as the definition says', (_, join) => {
    fc.assert(
      fc.property(fc.array(token, { maxLength: 45 }), merges, (symbols, rules) => {
        const places = Int32Array.from(symbols);
        const left = join(places, places.length, new MergeTable(rules));
        expect([...places.slice(0, left)]).toEqual(joinByDefinition(symbols, rules));
      }),
    );
  });

  it('joins what has been joined before', () => {
    const rules = [
      { left: 0, right: 1, merged: 2 },
      { left: 2, right: 2, merged: 3 },
      { left: 3, right: 0, merged: 4 },
    ];
    const symbols = Int32Array.of(0, 1, 0, 1, 0);
    expect([...symbols.slice(0, joinPairs(symbols, 5, new MergeTable(rules)))]).toEqual([4]);
  });

  it('joins a run of a million symbols without comparing each with each', () => {
    const rules = Array.from({ length: 15 }, (_, n) => ({ left: n, right: n, merged: n + 1 }));
    const symbols = new Int32Array(2 ** 20);
    const left = joinPairs(symbols, symbols.length, new MergeTable(rules));
    expect([...new Set(symbols.slice(0, left))]).toEqual([15]);
    expect(left).toBe(2 ** 5);
  });

  it('finds each pair of a large table, and no other', () => {
    const rules = Array.from({ length: 5000 }, (_, n) => ({
      left: n,
      right: 7 * n,
      merged: n + 9,
    }));
    const table = new MergeTable(rules);
    for (const [rank, { left, right, merged }] of rules.entries()) {
      expect([table.rank(left, right), table.merged(left, right)]).toEqual([rank, merged]);
      expect(table.rank(left, right + 1)).toBe(-1);
    }
  });
});
