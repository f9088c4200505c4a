import { describe, expect, it } from 'vitest';
import type { SubModelVerification } from '../../../backend/protocol/verification.ts';
import {
  judgeGreedy,
  judgeSubModel,
  judgeTensor,
  keepHighFor,
  miscompiled,
  notesOn,
  verdict,
  worstFirst,
} from '../../../backend/verification/policy.ts';
import { makeComparison, makeVerificationReport } from '../../support/verificationReport.ts';

const figures = { ...makeComparison(), isUnwritten: false };

describe('a tensor', () => {
  it.each([
    ['that is close', {}, true],
    ['exactly at the limits', { cosine: 0.98, euclidean: 0.9 }, true],
    ['of another direction', { cosine: 0.9799 }, false],
    ['of another scale', { cosine: 1, euclidean: 0.89 }, false],
    ['with a NaN', { nanCount: 1 }, false],
    ['with an Inf', { infCount: 1 }, false],
    ['that is not written', { isUnwritten: true }, false],
  ])('%s: %j', (_name, changes, passed) => {
    expect(judgeTensor({ ...figures, ...changes }, 0.98).passed).toBe(passed);
  });
});

describe('a net', () => {
  it('passes when all of its tensors do, and there are any', () => {
    expect(judgeSubModel({ name: 'lm_head', tensors: [figures] }, 0.98).passed).toBe(true);
    expect(judgeSubModel({ name: 'lm_head', tensors: [] }, 0.98).passed).toBe(false);
    const bad = { ...figures, cosine: 0.5 };
    expect(judgeSubModel({ name: 'lm_head', tensors: [figures, bad] }, 0.98).passed).toBe(false);
  });

  it('names what it never writes, and why it could not be run', () => {
    const k = { ...figures, name: 'k_cache', isUnwritten: true };
    const silent = judgeSubModel({ name: 'block_cache_3', layer: 3, tensors: [figures, k] }, 0.98);
    expect(silent).toMatchObject({ layer: 3, passed: false, failure: 'it never writes k_cache' });
    const died = judgeSubModel({ name: 'x', tensors: [], failure: 'ended by SIGSEGV' }, 0.98);
    expect(died).toMatchObject({ passed: false, failure: 'ended by SIGSEGV' });
  });
});

describe('an answer', () => {
  const said = { prompt: 'a', promptTokens: 1, expected: [1, 2], actual: [1, 3], text: '' };

  it.each([
    ['a near tie', 8, 0.1, true],
    ['a clear choice', 8, 0.11, false],
    ['what four bits may turn', 4, 0.25, true],
    ['what four bits may not turn', 4, 0.26, false],
  ])('that differs at %s', (_name, bits, gap, passed) => {
    const judged = judgeGreedy({ ...said, difference: { position: 1, gap, spread: 1 } }, bits);
    expect(judged).toMatchObject({ passed, firstDifference: { position: 1, gap } });
    expect(judged.firstDifference?.isNearTie).toBe(passed);
  });

  it('must be as long as it should be', () => {
    expect(judgeGreedy({ ...said, actual: [1, 2] }, 8).passed).toBe(true);
    expect(judgeGreedy({ ...said, actual: [1] }, 8).passed).toBe(false);
  });
});

function layer(number: number, cosines: Record<string, number>): SubModelVerification[] {
  return Object.entries(cosines).map(([kind, cosine]) =>
    judgeSubModel(
      { name: `${kind}_${number}`, layer: number, tensors: [{ ...figures, cosine }] },
      0.98,
    ),
  );
}

describe('what would help', () => {
  const coarse = layer(2, { block: 0.95, block_cache: 0.96 });
  const wrong = layer(5, { block: 0.999, block_cache: 0.85 });

  it('is more bits for a layer that lost them, beside those that are high already', () => {
    const all = [...layer(1, { block: 0.99 }), ...coarse, ...layer(3, { block: 0.97 })];
    expect(keepHighFor(all, 4, [0])).toBe('0,2-3');
    expect(keepHighFor(all, 16, [])).toBeUndefined();
    expect(keepHighFor(coarse, 8, [2])).toBeUndefined();
    expect(keepHighFor(layer(1, { block: 0.99 }), 4, [0])).toBeUndefined();
  });

  it('is nothing for a net that is compiled wrongly: another has the same weights and is right', () => {
    expect(miscompiled([...coarse, ...wrong]).map(({ name }) => name)).toEqual(['block_cache_5']);
    expect(keepHighFor([...coarse, ...wrong], 4, [])).toBe('2');
    expect(notesOn(wrong, [])).toEqual([expect.stringContaining('block_cache_5 fails')]);
  });

  it('is nothing for what is beyond recognition', () => {
    expect(keepHighFor(layer(1, { block: 0.3, block_cache: 0.3 }), 4, [])).toBeUndefined();
  });
});

describe('the verdict', () => {
  it('is as good as its worst part, and never good on nothing', () => {
    expect(verdict([], [])).toBe(false);
    expect(verdict(layer(1, { block: 0.99 }), [])).toBe(true);
    expect(verdict(layer(1, { block: 0.9 }), [])).toBe(false);
    const [, wrong] = makeVerificationReport().greedy;
    expect(verdict(layer(1, { block: 0.99 }), wrong ? [wrong] : [])).toBe(false);
  });

  it('puts what fails first, then what is worst', () => {
    const { subModels } = makeVerificationReport();
    const names = worstFirst(subModels).map(({ net, name }) => `${net} ${name}`);
    expect(names.slice(0, 3)).toStrictEqual([
      'block_cache_3 k_cache',
      'block_cache_3 v_cache',
      'block_2 output_states',
    ]);
    expect(names.at(-1)).toBe('embedding embedding');
  });
});
