import { describe, expect, it } from 'vitest';
import { samplingNotice } from '../../../backend/models/samplingNotice.ts';
import { Sampling } from '../../../backend/protocol/generation.ts';

describe('the notice of a model without logits', () => {
  it.each<Sampling>([
    { temperature: 0.7 },
    { temperature: 0, repetitionPenalty: 1.1 },
    ...[{ topK: 40 }, { topP: 0.9 }, { minP: 0.1 }, { seed: 3 }],
  ])('is given to who asks for %j', (sampling) => {
    expect(samplingNotice({ isGreedy: true }, sampling)).toContain('--head logits');
    expect(samplingNotice({}, sampling)).toBeUndefined();
  });

  it.each([
    undefined,
    {},
    { temperature: undefined, seed: undefined },
    { temperature: 0 },
    { temperature: 0, repetitionPenalty: 1, seed: 3, topK: 40 },
  ])('is not given to who asks for %j', (sampling) => {
    expect(samplingNotice({ isGreedy: true }, sampling)).toBeUndefined();
  });

  it('knows every parameter of sampling', () => {
    const known = ['temperature', 'topK', 'topP', 'minP', 'repetitionPenalty', 'seed'];
    expect(Object.keys(Sampling.shape)).toEqual(known);
  });
});
