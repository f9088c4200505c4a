import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBatch, isWorthAborting, type RunView } from '../../../backend/host/batchPolicy.ts';
import { RequestClass } from '../../../backend/protocol/generation.ts';

let order = 0;
const run = (slot: number, remaining: number, changes: Partial<RunView> = {}): RunView => ({
  slot,
  class: 'chat',
  order: order++,
  remaining,
  isFirst: true,
  wantsToken: true,
  waitedMs: 0,
  ...changes,
});

describe('chooseBatch', () => {
  it.each<[string, RunView[], ReturnType<typeof chooseBatch>]>([
    ['nothing for nobody', [], { decodes: [] }],
    ['a large chunk alone', [run(3, 2000)], { decodes: [], prefill: { slot: 3, count: 512 } }],
    [
      'a small chunk of a completion, which is not aborted',
      [run(3, 2000, { class: 'completion' })],
      { decodes: [], prefill: { slot: 3, count: 128 } },
    ],
    [
      'a small chunk beside decodes',
      [run(0, 1), run(1, 2000)],
      { decodes: [0], prefill: { slot: 1, count: 128 } },
    ],
    ['no more than there is', [run(1, 5)], { decodes: [], prefill: { slot: 1, count: 5 } }],
    [
      'one last prompt token as a decode',
      [run(0, 1), run(1, 2)],
      { decodes: [0], prefill: { slot: 1, count: 2 } },
    ],
    [
      'one last token of a warm-up as prefill',
      [run(0, 1, { wantsToken: false })],
      { decodes: [], prefill: { slot: 0, count: 1 } },
    ],
    [
      'the first of a class',
      [run(1, 9, { order: 8 }), run(2, 9, { order: 7 })],
      { decodes: [], prefill: { slot: 2, count: 9 } },
    ],
    [
      'the more urgent class',
      [run(1, 9), run(2, 9, { class: 'completion' })],
      { decodes: [], prefill: { slot: 2, count: 9 } },
    ],
    [
      'one that has waited long',
      [run(1, 9, { waitedMs: 5001 }), run(2, 9, { class: 'completion' })],
      { decodes: [], prefill: { slot: 1, count: 9 } },
    ],
    [
      'first come first, though the second waited longer',
      [run(1, 9, { order: 1, waitedMs: 0 }), run(2, 9, { order: 2, waitedMs: 9999 })],
      { decodes: [], prefill: { slot: 1, count: 9 } },
    ],
    [
      'no warm-up beside an answer',
      [run(0, 1), run(1, 9, { class: 'warmup' }), run(2, 1, { class: 'warmup' })],
      { decodes: [0] },
    ],
    [
      'a warm-up when there is nothing else',
      [run(1, 9, { class: 'warmup' }), run(2, 1, { class: 'warmup' })],
      { decodes: [2], prefill: { slot: 1, count: 9 } },
    ],
    [
      'no warm-up before a request, however long it waited',
      [run(0, 9, { class: 'batch' }), run(1, 9, { class: 'warmup', waitedMs: 1e9 })],
      { decodes: [], prefill: { slot: 0, count: 9 } },
    ],
  ])('chooses %s', (_, runs, expected) => {
    expect(chooseBatch(runs)).toEqual(expected);
  });

  it('always makes progress, gives every answer its token, and keeps to the chunk', () => {
    const anyRun = fc.record({
      class: fc.constantFrom(...RequestClass.options),
      remaining: fc.integer({ min: 1, max: 2000 }),
      wantsToken: fc.boolean(),
      waitedMs: fc.integer({ min: 0, max: 400_000 }),
    });
    fc.assert(
      fc.property(fc.array(anyRun, { maxLength: 8 }), (list) => {
        const runs = list.map((changes, slot) => run(slot, 1, changes));
        const { decodes, prefill } = chooseBatch(runs, { shared: 128, alone: 512 });
        expect(decodes.length + (prefill?.count ?? 0) > 0).toBe(runs.length > 0);
        const isIdle = runs.every((one) => one.class === 'warmup');
        for (const { slot, remaining, wantsToken, class: name } of runs) {
          const mayRun = name !== 'warmup' || isIdle;
          expect(decodes.includes(slot)).toBe(remaining === 1 && wantsToken && mayRun);
        }
        if (prefill === undefined) return;
        expect(decodes).not.toContain(prefill.slot);
        expect(prefill.count).toBeLessThanOrEqual(decodes.length > 0 ? 128 : 512);
        expect(prefill.count).toBeLessThanOrEqual(runs[prefill.slot]!.remaining);
      }),
    );
  });
});

it.each([
  [true, 11, 512],
  [false, 11, 11],
  [false, undefined, 512],
])('is the first chunk: %s, with %s tokens of a later one, takes %d', (isFirst, later, count) => {
  const chunks = { shared: 512, alone: 512, ...(later !== undefined && { later }) };
  expect(chooseBatch([run(0, 2000, { isFirst })], chunks).prefill).toEqual({ slot: 0, count });
});

describe('isWorthAborting', () => {
  const member = (name: RequestClass, cancelled = false) => ({ class: name, cancelled });
  it.each([
    ['a step of the cancelled', [member('chat', true), member('chat', true)], false, true],
    [
      'a cancelled completion, whose prefix comes again',
      [member('completion', true)],
      false,
      false,
    ],
    ['a step that somebody needs', [member('chat', true), member('chat')], false, false],
    ['a warm-up while a request waits', [member('warmup')], true, true],
    ['a warm-up while nobody waits', [member('warmup')], false, false],
    ['a warm-up beside an answer', [member('warmup'), member('chat')], true, false],
    ['a warm-up beside a cancelled answer', [member('warmup'), member('chat', true)], true, true],
  ])('%s', (_, members, waits, expected) => {
    expect(isWorthAborting(members, waits)).toBe(expected);
  });
});
