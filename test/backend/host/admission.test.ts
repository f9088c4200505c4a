import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reservedTokens, roomFor, sequenceLimit } from '../../../backend/host/admission.ts';
import { RequestClass } from '../../../backend/protocol/generation.ts';

const shape = { slots: 4, contextLength: 2048, kvTokens: 4096 };
const chat = (tokens: number) => ({ class: 'chat', tokens }) as const;
const completion = (tokens: number) => ({ class: 'completion', tokens }) as const;

describe('roomFor', () => {
  it('offers an idle model for anything', () => {
    expect(roomFor(shape, [])).toEqual({
      completion: Infinity,
      chat: Infinity,
      agent: Infinity,
      batch: Infinity,
      warmup: Infinity,
    });
  });

  it('keeps the last slot for completions', () => {
    const three = [chat(100), chat(100), chat(100)];
    expect(roomFor(shape, three)).toEqual({ completion: 3796 });
    expect(roomFor(shape, [...three, completion(100)])).toEqual({});
    expect(roomFor(shape, [chat(100), chat(100), completion(100)]).chat).toBeDefined();
  });

  it('keeps no slot where there is only one', () => {
    expect(roomFor({ ...shape, slots: 1 }, []).chat).toBe(Infinity);
    expect(roomFor({ ...shape, slots: 1 }, [chat(1)])).toEqual({});
  });

  it('keeps a share of the cache for completions, less what they hold already', () => {
    expect(roomFor(shape, [chat(1000)])).toMatchObject({ completion: 3096, chat: 2072 });
    expect(roomFor(shape, [chat(1000), completion(600)])).toMatchObject({ chat: 2072 });
    expect(roomFor(shape, [chat(1000), completion(2000)])).toMatchObject({ chat: 1096 });
  });

  it('does not keep what one whole context needs', () => {
    expect(roomFor({ ...shape, kvTokens: 2048 }, [chat(48)])).toMatchObject({ chat: 2000 });
    expect(roomFor({ ...shape, kvTokens: 2148 }, [chat(48)])).toMatchObject({ chat: 2000 });
  });

  it('never promises more than there is', () => {
    const reservation = fc.record({
      class: fc.constantFrom(...RequestClass.options),
      tokens: fc.integer({ min: 1, max: 3000 }),
    });
    fc.assert(
      fc.property(fc.array(reservation, { minLength: 1, maxLength: 5 }), (running) => {
        const held = running.reduce((sum, { tokens }) => sum + tokens, 0);
        for (const tokens of Object.values(roomFor(shape, running))) {
          expect(tokens).toBeLessThanOrEqual(Math.max(0, shape.kvTokens - held));
        }
      }),
    );
  });
});

it('reserves the prompt and a bounded part of the answer, within the longest sequence', () => {
  expect(reservedTokens(shape, 100, 50)).toBe(150);
  expect(reservedTokens(shape, 100, 1900)).toBe(1124);
  expect(reservedTokens(shape, 2000, 48)).toBe(2048);
  expect(reservedTokens({ ...shape, kvTokens: 512 }, 400, 400)).toBe(512);
  expect(sequenceLimit({ ...shape, kvTokens: 512 })).toBe(512);
});
