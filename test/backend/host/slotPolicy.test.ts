import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chooseEviction,
  chooseSlot,
  commonPrefix,
  isCheaperAnew,
  type ParkedView,
  type SlotAction,
  type SlotView,
} from '../../../backend/host/slotPolicy.ts';

const limits = { kvTokens: 100_000, prefillMsPerToken: 1, copyBytesPerMs: 1e6 };
/** `length` tokens of conversation `name`: different names share nothing. */
const talk = (name: number, length: number): number[] =>
  Array.from({ length }, (_, i) => name * 10_000 + i);
const idle = (slot: number, tokens: readonly number[], lastUsed = slot): SlotView => ({
  slot,
  tokens,
  active: false,
  reserved: 0,
  lastUsed,
});
const active = (slot: number, tokens: readonly number[], reserved = tokens.length): SlotView => ({
  ...idle(slot, tokens),
  active: true,
  reserved,
});
const parked = (key: number, tokens: readonly number[], bytes = 1000): ParkedView => ({
  key,
  tokens,
  bytes,
});
const demand = (sequence: readonly number[], reserved = sequence.length + 10) => ({
  sequence,
  reserved,
});

describe('chooseSlot', () => {
  it.each<[string, number[], SlotView[], ParkedView[], ReturnType<typeof chooseSlot>]>([
    [
      'an empty slot for something new',
      talk(1, 100),
      [idle(0, talk(2, 80)), idle(1, [])],
      [],
      { slot: 1, cached: 0, actions: [] },
    ],
    [
      'the slot of its conversation',
      talk(1, 100),
      [idle(0, []), idle(1, talk(1, 80))],
      [],
      { slot: 1, cached: 80, actions: [] },
    ],
    [
      'all of a prompt but its last token',
      talk(1, 80),
      [idle(0, talk(1, 80))],
      [],
      { slot: 0, cached: 79, actions: [{ kind: 'truncate', slot: 0, length: 79 }] },
    ],
    [
      'a slot cut to the common prefix',
      [...talk(1, 90), 5, 6],
      [idle(0, talk(1, 100))],
      [],
      { slot: 0, cached: 90, actions: [{ kind: 'truncate', slot: 0, length: 90 }] },
    ],
    [
      'a fork of an active slot',
      [...talk(1, 50), 5],
      [active(0, talk(1, 80)), idle(1, [])],
      [],
      { slot: 1, cached: 50, actions: [{ kind: 'fork', from: 0, to: 1, length: 50 }] },
    ],
    [
      'a fork rather than the end of a longer conversation',
      [...talk(1, 50), 5],
      [idle(0, talk(1, 500)), idle(1, [])],
      [],
      { slot: 1, cached: 50, actions: [{ kind: 'fork', from: 0, to: 1, length: 50 }] },
    ],
    [
      'no fork of a few tokens',
      [...talk(1, 10), 5],
      [active(0, talk(1, 80)), idle(1, [])],
      [],
      { slot: 1, cached: 0, actions: [] },
    ],
    [
      'the oldest slot, parking what it held',
      talk(1, 100),
      [idle(0, talk(2, 80), 9), idle(1, talk(3, 80), 3)],
      [],
      { slot: 1, cached: 0, actions: [{ kind: 'park', slot: 1 }] },
    ],
    [
      'the oldest slot, dropping what is short',
      talk(1, 100),
      [idle(0, talk(2, 80), 9), idle(1, talk(3, 20), 3)],
      [],
      { slot: 1, cached: 0, actions: [{ kind: 'release', slot: 1 }] },
    ],
    [
      'the oldest slot, dropping what another holds too',
      talk(1, 100),
      [idle(0, talk(2, 80), 9), idle(1, talk(2, 80), 3)],
      [],
      { slot: 1, cached: 0, actions: [{ kind: 'release', slot: 1 }] },
    ],
    [
      'a copy parked, when the only free slot holds a longer one',
      [...talk(1, 50), 5],
      [idle(0, talk(1, 500)), active(1, [9])],
      [],
      { slot: 0, cached: 50, actions: [{ kind: 'parkCopy', slot: 0, length: 50 }] },
    ],
    [
      'what is parked',
      talk(1, 100),
      [idle(0, [])],
      [parked(7, talk(1, 80))],
      { slot: 0, cached: 80, actions: [{ kind: 'unpark', key: 7, slot: 0 }] },
    ],
    [
      'the part of what is parked that fits',
      [...talk(1, 50), 5],
      [idle(0, [])],
      [parked(7, talk(1, 80))],
      {
        slot: 0,
        cached: 50,
        actions: [
          { kind: 'unpark', key: 7, slot: 0 },
          { kind: 'truncate', slot: 0, length: 50 },
        ],
      },
    ],
    [
      'no parked copy of what a slot has',
      talk(1, 100),
      [idle(0, talk(1, 80))],
      [parked(7, talk(1, 80))],
      { slot: 0, cached: 80, actions: [] },
    ],
    [
      'prefill when copying costs more',
      talk(1, 100),
      [idle(0, [])],
      [parked(7, talk(1, 80), 81e6)],
      { slot: 0, cached: 0, actions: [] },
    ],
    ['nothing when all are active', talk(1, 100), [active(0, talk(1, 80))], [], undefined],
  ])('chooses %s', (_, sequence, slots, parkedViews, expected) => {
    expect(chooseSlot(demand(sequence), slots, parkedViews, limits)).toEqual(expected);
  });

  it('empties idle slots until the reservation fits, oldest first', () => {
    const slots = [
      idle(0, talk(1, 100), 5),
      idle(1, talk(2, 100), 4),
      idle(2, talk(3, 100), 6),
      idle(3, []),
    ];
    const choice = chooseSlot(demand(talk(9, 50), 150), slots, [], { ...limits, kvTokens: 300 });
    expect(choice?.slot).toBe(3);
    expect(choice?.actions).toEqual([
      { kind: 'park', slot: 1 },
      { kind: 'park', slot: 0 },
    ]);
  });

  it('keeps what it forks from until it has been forked', () => {
    const slots = [idle(0, talk(1, 200)), idle(1, [])];
    const choice = chooseSlot(demand([...talk(1, 50), 7], 100), slots, [], {
      ...limits,
      kvTokens: 250,
    });
    expect(choice?.actions).toEqual([
      { kind: 'fork', from: 0, to: 1, length: 50 },
      { kind: 'park', slot: 0 },
    ]);
  });

  it('waits when the reservations of active slots leave no room', () => {
    const slots = [active(0, talk(1, 10), 900), idle(1, talk(2, 50))];
    const tight = { ...limits, kvTokens: 1000 };
    expect(chooseSlot(demand(talk(3, 50), 101), slots, [], tight)).toBeUndefined();
    expect(chooseSlot(demand(talk(3, 50), 100), slots, [], tight)).toBeDefined();
  });

  it('never breaks an active slot, holds what it says, and keeps within the cache', () => {
    const token = fc.integer({ min: 0, max: 2 });
    // Long runs of few tokens, so that prefixes meet.
    const tokens = fc
      .array(token, { maxLength: 4 })
      .chain((head) => fc.integer({ min: 0, max: 150 }).map((n) => [...head, ...talk(1, n)]));
    const slots = fc.array(fc.record({ tokens, active: fc.boolean(), lastUsed: fc.nat(9) }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(
        slots,
        fc.array(tokens, { maxLength: 3 }),
        tokens,
        fc.nat(600),
        fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
        (states, store, wanted, spare, firstChunk) => {
          const sequence = [...wanted, 3];
          const views = states.map((one, slot) => ({
            ...one,
            slot,
            reserved: one.active ? one.tokens.length : 0,
          }));
          const held = views
            .filter((one) => one.active)
            .reduce((sum, one) => sum + one.tokens.length, 0);
          const kvTokens = held + spare;
          const parkedViews = store.map((one, key) => parked(key, one, 10));
          const choice = chooseSlot({ sequence, reserved: sequence.length }, views, parkedViews, {
            ...limits,
            kvTokens,
            firstChunk,
          });
          if (choice === undefined) {
            expect(views.every((one) => one.active) || sequence.length > spare).toBe(true);
            return;
          }
          const after = carryOut(choice.actions, views, store);
          expect(after[choice.slot]).toEqual(sequence.slice(0, choice.cached));
          expect(choice.cached).toBeLessThan(sequence.length);
          for (const view of views) {
            if (!view.active) continue;
            expect(choice.slot).not.toBe(view.slot);
            expect(after[view.slot]).toEqual(view.tokens);
          }
          const others = after.reduce(
            (sum, one, slot) => sum + (slot === choice.slot ? 0 : one.length),
            0,
          );
          expect(others + sequence.length).toBeLessThanOrEqual(kvTokens);
        },
      ),
    );
  });
});

/** What the slots hold after the actions, as a model would. */
function carryOut(
  actions: readonly SlotAction[],
  views: readonly SlotView[],
  store: number[][],
): number[][] {
  const slots = views.map((view) => [...view.tokens]);
  for (const action of actions) {
    switch (action.kind) {
      case 'truncate':
      case 'parkCopy':
        expect(slots[action.slot]!.length).toBeGreaterThanOrEqual(action.length);
        slots[action.slot] = slots[action.slot]!.slice(0, action.length);
        break;
      case 'release':
      case 'park':
        slots[action.slot] = [];
        break;
      case 'fork':
        expect(slots[action.from]!.length).toBeGreaterThanOrEqual(action.length);
        slots[action.to] = slots[action.from]!.slice(0, action.length);
        break;
      case 'unpark':
        slots[action.slot] = [...store[action.key]!];
        break;
      default:
        action satisfies never;
    }
  }
  return slots;
}

describe('chooseEviction', () => {
  it('takes the idle slot that was used longest ago', () => {
    const slots = [
      active(0, talk(1, 90)),
      idle(1, talk(2, 90), 7),
      idle(2, talk(3, 90), 5),
      idle(3, [], 1),
    ];
    expect(chooseEviction(slots, [])).toEqual([{ kind: 'park', slot: 2 }]);
    expect(chooseEviction(slots.slice(0, 1), [])).toBeUndefined();
  });
});

it('finds the common prefix', () => {
  expect(commonPrefix([1, 2, 3], [1, 2, 4])).toBe(2);
  expect(commonPrefix([1, 2], [1, 2, 3])).toBe(2);
  expect(commonPrefix([], [1])).toBe(0);
});

describe('what is parked, with the figures of a model of 7B on a chip', () => {
  // 28 layers, 4 heads of 128 keys and as many values in 16 bits; copies over PCIe Gen3 x4.
  const bytesPerToken = 28 * 4 * 128 * 2 * 2;
  const chip = { kvTokens: 100_000, prefillMsPerToken: 1.5, copyBytesPerMs: 3.2e6 };

  it.each([
    // 8000 tokens come back in 143.4 ms, and so long it takes to compute 95.6.
    ['computes few tokens of a long one again', 95, 8000, {}, 0],
    ['brings a long one back for more', 96, 8000, {}, 96],
    // 1000 tokens: 17.9 ms, and 11.9 tokens.
    ['computes a short beginning again', 11, 1000, {}, 0],
    ['brings a whole conversation back', 1000, 1000, {}, 1000],
    // The KV of a token is copied in 0.01792 ms.
    [
      'computes all again where that is faster than the copy',
      1000,
      1000,
      { prefillMsPerToken: 0.0179 },
      0,
    ],
    ['brings all back where it is slower', 1000, 1000, { prefillMsPerToken: 0.018 }, 1000],
    ['computes more again over a slow link', 300, 8000, { copyBytesPerMs: 1e6 }, 0],
    ['and brings back what is longer yet', 306, 8000, { copyBytesPerMs: 1e6 }, 306],
  ])('%s', (_, common, length, changes, cached) => {
    const sequence = [...talk(1, common), 9];
    const store = [parked(7, talk(1, length), length * bytesPerToken)];
    const choice = chooseSlot(demand(sequence), [idle(0, [])], store, { ...chip, ...changes });
    expect(choice?.cached).toBe(cached);
    expect(choice?.actions.some(({ kind }) => kind === 'unpark')).toBe(cached > 0);
  });
});

describe('a beginning that is cheaper to compute anew', () => {
  const chunks = { ...limits, firstChunk: 512 };
  const begun = talk(1, 100);
  const wanted = demand(talk(1, 300));

  it.each<[string, SlotView[], ParkedView[], ReturnType<typeof chooseSlot>]>([
    [
      'is not copied to another slot',
      [idle(0, talk(1, 100).concat(talk(2, 200))), idle(1, [])],
      [],
      { slot: 1, cached: 0, actions: [] },
    ],
    ['is not brought back', [idle(0, [])], [parked(7, begun)], { slot: 0, cached: 0, actions: [] }],
    [
      'makes room, and is not kept besides',
      [idle(0, begun)],
      [],
      { slot: 0, cached: 0, actions: [{ kind: 'release', slot: 0 }] },
    ],
  ])('%s', (_, slots, store, expected) => {
    expect(chooseSlot(wanted, slots, store, chunks)).toEqual(expected);
  });
});

it.each([
  // Nothing to give up, or chunks that go on after the first.
  [0, 300, 512, false],
  [100, 300, undefined, false],
  // 200 tokens one by one beside one chunk of 512, that takes as long as 11 of them.
  [100, 300, 512, true],
  [288, 300, 512, true],
  [290, 300, 512, false],
  [299, 300, 512, false],
  // Of a longer sequence only the first chunk is computed at once.
  [100, 2000, 512, true],
  [510, 2000, 512, false],
  [1500, 2000, 512, false],
])('with %d of %d tokens and a first chunk of %s, computing anew is cheaper: %s', (...row) => {
  const [cached, length, firstChunk, expected] = row;
  expect(isCheaperAnew(cached, length, firstChunk)).toBe(expected);
});
