import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KvLedger } from '../../../backend/devices/kvLedger.ts';

const capacity = 40;
const slots = 4;
const slot = fc.nat(slots - 1);
const length = fc.nat(15);

/** The same by objects: a cell is free when no slot has it. */
class Model {
  readonly held: object[][] = Array.from({ length: slots }, () => []);

  get free(): number {
    return capacity - new Set(this.held.flat()).size;
  }
}

const operation = fc.oneof(
  fc.record({ kind: fc.constant('append' as const), slot, length }),
  fc.record({ kind: fc.constant('truncate' as const), slot, length }),
  fc.record({ kind: fc.constant('share' as const), slot, to: slot, length }),
);

describe('KvLedger', () => {
  it('counts what any sequence of operations leaves free', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const ledger = new KvLedger(capacity, slots);
        const model = new Model();
        for (const op of operations) {
          const held = model.held[op.slot]!;
          if (op.kind === 'append') {
            if (op.length > model.free) {
              expect(() => ledger.append(op.slot, op.length)).toThrow(RangeError);
            } else {
              ledger.append(op.slot, op.length);
              held.push(...Array.from({ length: op.length }, () => ({})));
            }
          } else if (op.kind === 'truncate') {
            ledger.truncate(op.slot, op.length);
            held.splice(op.length);
          } else if (op.to !== op.slot) {
            ledger.share(op.slot, op.to, op.length);
            model.held[op.to] = held.slice(0, op.length);
          }
          expect(ledger.free).toBe(model.free);
          for (const [i, cells] of model.held.entries()) {
            expect(ledger.length(i)).toBe(cells.length);
            const others = new Set(model.held.filter((_, j) => j !== i).flat());
            expect(ledger.freeWithout(i)).toBe(capacity - others.size);
          }
        }
      }),
    );
  });

  it('knows only its slots', () => {
    expect(() => new KvLedger(8, 2).length(2)).toThrow(RangeError);
  });
});
