import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveSampling, seedAt } from '../../../backend/devices/sampling.ts';

describe('resolveSampling', () => {
  it('keeps what was asked for, zeros too', () => {
    const asked = { temperature: 0, topK: 0, topP: 0.5, minP: 0, repetitionPenalty: 1.1, seed: 0 };
    expect(resolveSampling(asked, () => 42)).toEqual(asked);
  });

  it('fills in the defaults of llama.cpp and draws a seed', () => {
    expect(resolveSampling({}, () => 42)).toEqual({
      temperature: 0.8,
      topK: 40,
      topP: 0.95,
      minP: 0.05,
      repetitionPenalty: 1,
      seed: 42,
    });
  });
});

describe('seedAt', () => {
  const seed = fc.integer({ min: 0, max: 0xffff_ffff });
  const position = fc.nat(1_000_000);

  it('is a 32-bit number that depends on seed and position alone', () => {
    fc.assert(
      fc.property(seed, position, (s, p) => {
        const value = seedAt(s, p);
        expect(value).toBe(seedAt(s, p));
        expect(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff).toBe(true);
      }),
    );
  });

  it('repeats no seed along a sequence, nor between neighbouring seeds', () => {
    const values = [1, 2].flatMap((s) => Array.from({ length: 5000 }, (_, p) => seedAt(s, p)));
    expect(new Set(values).size).toBeGreaterThan(9_990);
  });
});
