import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvSlots, type KvCopies } from '../../../../backend/devices/bm1684x/kvSlots.ts';

/** Memory in which a row is the text that was written to it. */
class Rows implements KvCopies {
  readonly own: string[] = [];
  readonly stores: string[][];
  /** Rows that were copied, of all kinds. */
  copied = 0;

  constructor(slots: number) {
    this.stores = Array.from({ length: slots }, () => []);
  }

  save(slot: number, from: number, to: number): void {
    this.#move(this.own, this.stores[slot]!, from, to);
  }

  load(slot: number, to: number): void {
    this.#move(this.stores[slot]!, this.own, 0, to);
  }

  copy(from: number, slot: number, to: number): void {
    this.#move(this.stores[from]!, this.stores[slot]!, 0, to);
  }

  #move(from: readonly string[], to: string[], start: number, end: number): void {
    for (let row = start; row < end; row++) to[row] = from[row]!;
    this.copied += end - start;
  }
}

type Action =
  | { readonly kind: 'append'; readonly slot: number; readonly count: number }
  | { readonly kind: 'failedStep'; readonly slot: number }
  | { readonly kind: 'truncate'; readonly slot: number; readonly share: number }
  | { readonly kind: 'copy'; readonly slot: number; readonly to: number; readonly share: number }
  | { readonly kind: 'replace'; readonly slot: number; readonly count: number };

const share = fc.double({ min: 0, max: 1, noNaN: true });
const actionOn = (slot: fc.Arbitrary<number>): fc.Arbitrary<Action> =>
  fc.oneof(
    fc.record({
      kind: fc.constant('append' as const),
      slot,
      count: fc.integer({ min: 1, max: 4 }),
    }),
    fc.record({ kind: fc.constant('failedStep' as const), slot }),
    fc.record({ kind: fc.constant('truncate' as const), slot, share }),
    fc.record({ kind: fc.constant('copy' as const), slot, to: slot, share }),
    fc.record({ kind: fc.constant('replace' as const), slot, count: fc.nat(4) }),
  );

const history = fc.integer({ min: 1, max: 3 }).chain((count) =>
  fc.record({
    count: fc.constant(count),
    actions: fc.array(actionOn(fc.nat(count - 1)), { maxLength: 60 }),
  }),
);

describe('slots of a model that holds one sequence', () => {
  it('gives every slot its own rows back, whatever happened in between', () => {
    fc.assert(
      fc.property(history, ({ count, actions }) => {
        const rows = new Rows(count);
        const slots = new KvSlots(count, rows);
        const expected: string[][] = Array.from({ length: count }, () => []);
        actions.forEach((one, step) => {
          carryOut(one, step, rows, slots, expected);
        });
        expected.forEach((texts, n) => {
          expect(slots.length(n)).toBe(texts.length);
          slots.use(n);
          expect(rows.own.slice(0, texts.length)).toEqual(texts);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it('copies only what a store lacks', () => {
    const rows = new Rows(2);
    const slots = new KvSlots(2, rows);
    const append = (n: number, count: number): void => {
      slots.use(n);
      slots.extend(n, slots.length(n) + count);
    };
    append(0, 100);
    append(1, 10);
    expect(rows.copied).toBe(100);
    // In turns: each brings its rows back, and leaves one new row.
    append(0, 1);
    expect(rows.copied).toBe(100 + 10 + 100);
    append(1, 1);
    expect(rows.copied).toBe(100 + 10 + 100 + 1 + 10);
    append(1, 1);
    expect(rows.copied).toBe(100 + 10 + 100 + 1 + 10);
  });

  it('extends the resident slot alone', () => {
    const slots = new KvSlots(2, new Rows(2));
    slots.use(0);
    expect(() => slots.extend(1, 1)).toThrow(RangeError);
    expect(() => slots.use(2)).toThrow(RangeError);
  });
});

function carryOut(
  one: Action,
  step: number,
  rows: Rows,
  slots: KvSlots,
  expected: string[][],
): void {
  const texts = expected[one.slot]!;
  const write = (count: number): void => {
    slots.use(one.slot);
    for (let n = 0; n < count; n++) {
      const row = slots.length(one.slot);
      rows.own[row] = `${step}/${n}`;
      slots.extend(one.slot, row + 1);
    }
  };
  switch (one.kind) {
    case 'append':
      write(one.count);
      for (let n = 0; n < one.count; n++) texts.push(`${step}/${n}`);
      break;
    case 'failedStep': {
      const length = slots.length(one.slot);
      write(2);
      slots.truncate(one.slot, length);
      break;
    }
    case 'truncate': {
      const length = Math.floor(one.share * texts.length);
      slots.truncate(one.slot, length);
      texts.length = length;
      break;
    }
    case 'copy': {
      if (one.to === one.slot) return;
      const length = Math.floor(one.share * texts.length);
      slots.copyPrefix(one.slot, one.to, length);
      expected[one.to] = texts.slice(0, length);
      break;
    }
    case 'replace': {
      const place = slots.resident === one.slot ? rows.own : rows.stores[one.slot]!;
      const replaced = Array.from({ length: one.count }, (_, n) => `${step}/${n}`);
      replaced.forEach((text, row) => (place[row] = text));
      slots.replaced(one.slot, one.count);
      expected[one.slot] = replaced;
      break;
    }
  }
}
