import { describe, expect, it } from 'vitest';
import type { StepPlan } from '../../../backend/devices/device.ts';
import { checkHeld, checkPlan, type SlotShape } from '../../../backend/devices/stepPlan.ts';

/** Two slots that hold 3 and 8 of at most 10 tokens. */
const model: SlotShape = {
  slots: 2,
  contextLength: 10,
  metadata: { vocabularySize: 100 },
  length: (slot) => [3, 8][slot] ?? NaN,
};
const chunk = (slot: number, count: number, from: number) => ({
  slot,
  tokens: new Int32Array(count).fill(99),
  from,
  sample: true,
});

describe('checkPlan', () => {
  it.each<[string, StepPlan, number]>([
    ['a decode', { decodes: [{ slot: 1, token: 0 }] }, 1],
    ['two decodes', { decodes: [0, 1].map((slot) => ({ slot, token: 99 })) }, 2],
    ['a chunk up to the end', { decodes: [], prefill: chunk(0, 7, 3) }, 7],
    ['both', { decodes: [{ slot: 0, token: 5 }], prefill: chunk(1, 2, 8) }, 3],
  ])('counts the tokens of %s', (_, plan, tokens) => {
    expect(checkPlan(model, plan)).toBe(tokens);
  });

  it.each<[string, StepPlan, RegExp]>([
    ['no work', { decodes: [] }, /nothing to do/],
    ['an unknown slot', { decodes: [{ slot: 2, token: 1 }] }, /no slot 2/],
    ['half a slot', { decodes: [{ slot: 0.5, token: 1 }] }, /no slot 0.5/],
    ['an unknown token', { decodes: [{ slot: 0, token: 100 }] }, /no token 100/],
    ['a token that is no number', { decodes: [{ slot: 0, token: NaN }] }, /no token NaN/],
    ['a slot twice', { decodes: [{ slot: 0, token: 1 }], prefill: chunk(0, 1, 3) }, /twice/],
    ['no room', { decodes: [], prefill: chunk(1, 3, 8) }, /room for 2 tokens, not 3/],
    ['a gap', { decodes: [], prefill: chunk(0, 1, 4) }, /holds 3 tokens, not 4/],
    [
      'an empty chunk',
      { decodes: [{ slot: 1, token: 1 }], prefill: chunk(0, 0, 3) },
      /has no tokens/,
    ],
  ])('refuses %s', (_, plan, reason) => {
    expect(() => checkPlan(model, plan)).toThrow(RangeError);
    expect(() => checkPlan(model, plan)).toThrow(reason);
  });
});

describe('checkHeld', () => {
  it.each([-1, 4, 1.5])('refuses the length %d of a slot that holds 3', (length) => {
    expect(() => checkHeld(model, 0, length)).toThrow(RangeError);
  });

  it.each([0, 3])('accepts the length %d', (length) => {
    expect(() => checkHeld(model, 0, length)).not.toThrow();
  });
});
