import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogitSampler } from '../../../../backend/devices/bm1684x/sampler.ts';
import { seedAt, type ResolvedSampling } from '../../../../backend/devices/sampling.ts';

const open: ResolvedSampling = {
  ...{ temperature: 1, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, seed: 7 },
};

const sampler = (size: number, sampling: Partial<ResolvedSampling>, history: number[] = []) =>
  new LogitSampler(size, { ...open, ...sampling }, Int32Array.from(history));

interface Chance {
  readonly id: number;
  readonly logit: number;
}

/** What may be chosen, likeliest first, by the definitions of the samplers. */
function allowed(
  logits: readonly number[],
  sampling: ResolvedSampling,
  history: number[],
): Chance[] {
  const { topK, topP, minP, repetitionPenalty: penalty, temperature } = sampling;
  const recent = new Set(history.slice(-64));
  let chances = logits.map((logit, id) => {
    const penalized = logit <= 0 ? logit * penalty : logit / penalty;
    return { id, logit: Math.fround(recent.has(id) ? penalized : logit) };
  });
  chances.sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (temperature === 0) return chances.slice(0, 1);
  if (topK > 0) chances = chances.slice(0, topK);
  const share = shares(chances, 1);
  if (topP < 1) {
    let sum = 0;
    const last = share.findIndex((value) => (sum += value) >= topP);
    if (last >= 0) chances = chances.slice(0, last + 1);
  }
  const [first] = chances;
  return chances.filter(({ logit }) => minP === 0 || logit >= first!.logit + Math.log(minP));
}

function shares(chances: readonly Chance[], temperature: number): number[] {
  const most = chances[0]!.logit;
  const weights = chances.map(({ logit }) => Math.exp((logit - most) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

// Quarters: ties are common, and a share of the probability is seldom just at the bound.
const logit = fc.integer({ min: -60, max: 60 }).map((n) => n / 4);
const logitsOf = fc.array(logit, { minLength: 1, maxLength: 60 });
const samplingOf = fc.record({
  temperature: fc.constantFrom(0, 0.3, 1, 2),
  topK: fc.constantFrom(0, 1, 2, 5, 40, 1000),
  topP: fc.constantFrom(0.1, 0.513, 0.951, 1),
  minP: fc.constantFrom(0, 0.0507, 0.501),
  repetitionPenalty: fc.constantFrom(1, 1.3, 0.7),
  seed: fc.nat(),
});

describe('sampler of logits', () => {
  it('chooses only what the definitions allow', () => {
    fc.assert(
      fc.property(
        logitsOf,
        samplingOf,
        fc.array(fc.nat(59), { maxLength: 80 }),
        (logits, sampling, history) => {
          const chances = allowed(logits, sampling, history).map(({ id }) => id);
          const subject = sampler(logits.length, sampling, history);
          expect(chances).toContain(subject.choose(Float32Array.from(logits), 5));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('reaches everything that the definitions allow, as often as they say', () => {
    const cases: Partial<ResolvedSampling>[] = [
      ...[{}, { temperature: 0.5 }, { temperature: 3 }, { topK: 4 }, { topP: 0.8 }, { minP: 0.1 }],
      ...[{ topK: 6, topP: 0.9, minP: 0.05, temperature: 1.5 }, { repetitionPenalty: 1.5 }],
    ];
    const logits = [1.5, -1, 2.25, 0, 0, 3, -4, 2.5, -Infinity, 1];
    const draws = 20_000;
    for (const sampling of cases) {
      const whole = { ...open, ...sampling };
      const history = [5, 2, 5];
      const chances = allowed(logits, whole, history);
      const counts = new Array<number>(logits.length).fill(0);
      for (let position = 0; position < draws; position++) {
        const subject = sampler(logits.length, sampling, history);
        counts[subject.choose(Float32Array.from(logits), position)]!++;
      }
      const wanted = shares(chances, whole.temperature);
      for (const [at, { id }] of chances.entries()) {
        const share = wanted[at]!;
        // Five standard deviations; with a fixed seed it either holds or does not.
        const bound = 5 * Math.sqrt((share * (1 - share)) / draws);
        expect(Math.abs(counts[id]! / draws - share), JSON.stringify(sampling)).toBeLessThan(
          bound + 1e-9,
        );
        counts[id] = 0;
      }
      expect(counts.every((count) => count === 0)).toBe(true);
    }
  });

  it('depends on seed and position alone', () => {
    const logits = Float32Array.from({ length: 500 }, (_, id) => Math.sin(id * id));
    const first = sampler(500, {});
    const run = Array.from({ length: 30 }, (_, position) => first.choose(logits, position));
    const second = sampler(500, {});
    for (const position of [29, 3, 17]) expect(second.choose(logits, position)).toBe(run[position]);
    const other = sampler(500, { seed: 8 });
    expect(run.map((_, position) => other.choose(logits, position))).not.toEqual(run);
    expect(seedAt(7, 3)).not.toBe(seedAt(7, 4));
  });

  it('takes the smallest of equals at temperature 0, whatever else is asked', () => {
    const logits = Float32Array.of(1, 4, -2, 4, 4);
    expect(sampler(5, { temperature: 0, topK: 3, topP: 0.2 }).choose(logits, 0)).toBe(1);
    expect(sampler(3, { temperature: 0 }).choose(Float32Array.of(-0, 0, -1), 0)).toBe(0);
  });

  it('keeps the smaller ids of equals when it cuts', () => {
    const logits = new Float32Array(1000).fill(1);
    const subject = sampler(1000, { topK: 3 });
    const found = Array.from({ length: 200 }, (_, position) => subject.choose(logits, position));
    expect([...new Set(found)].sort()).toEqual([0, 1, 2]);
  });

  it('penalizes what it accepted, for 64 tokens', () => {
    const logits = new Float32Array(80).fill(-1);
    logits.set(Array.from({ length: 70 }, (_, n) => 20 - n / 10));
    const subject = sampler(80, { temperature: 0, repetitionPenalty: 10 });
    const found = Array.from({ length: 66 }, (_, position) => {
      const token = subject.choose(logits, position);
      subject.accept(token);
      return token;
    });
    expect(found.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, n) => n));
    // 64 was never chosen; after it the first is out of the window.
    expect(found.slice(64)).toEqual([64, 0]);
  });

  it('forgets a choice that was not accepted', () => {
    const logits = Float32Array.of(1, 3, 2);
    const subject = sampler(3, { temperature: 0, repetitionPenalty: 10 });
    expect([subject.choose(logits, 0), subject.choose(logits, 0)]).toEqual([1, 1]);
    subject.accept(1);
    expect(subject.choose(logits, 1)).toBe(2);
  });

  it('leaves the logits as they are', () => {
    const logits = Float32Array.of(1, 2, 3);
    sampler(3, { repetitionPenalty: 2, topK: 2 }, [0, 1, 2]).choose(logits, 0);
    expect([...logits]).toEqual([1, 2, 3]);
  });

  it.each([
    ['a NaN', [1, NaN, 2]],
    ['nothing but -Infinity', [-Infinity, -Infinity]],
    ['Infinity', [1, Infinity]],
  ])('refuses %s', (_, logits) => {
    for (const temperature of [0, 1]) {
      const subject = sampler(logits.length, { temperature });
      const sample = (): number => subject.choose(Float32Array.from(logits), 0);
      expect(sample).toThrow(
        expect.objectContaining({ name: 'DeviceError', code: 'invalidModel' }),
      );
    }
  });

  it('refuses logits of another vocabulary', () => {
    expect(() => sampler(3, {}).choose(new Float32Array(4), 0)).toThrow(RangeError);
    expect(() => sampler(2 ** 22, {})).toThrow(RangeError);
  });

  it.each([{ topK: 40, topP: 0.95, minP: 0.05 }, { topP: 0.9 }, { minP: 0.02 }, {}])(
    'allows of a whole vocabulary what the definitions do: %j',
    (sampling) => {
      const logits = Array.from({ length: 151_936 }, (_, id) =>
        Math.fround(8 * Math.sin(id * 1.7)),
      );
      const subject = sampler(logits.length, sampling);
      const chances = new Set(allowed(logits, { ...open, ...sampling }, []).map(({ id }) => id));
      const values = Float32Array.from(logits);
      for (let position = 0; position < 20; position++) {
        expect(chances).toContain(subject.choose(values, position));
      }
    },
  );
});
