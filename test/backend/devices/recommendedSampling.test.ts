import { describe, expect, it } from 'vitest';
import { samplingOfConfig, samplingOfGguf } from '../../../backend/devices/recommendedSampling.ts';

/** Qwen3-8B's generation_config.json. */
const qwen3 = {
  bos_token_id: 151_643,
  do_sample: true,
  eos_token_id: [151_645, 151_643],
  pad_token_id: 151_643,
  temperature: 0.6,
  top_k: 20,
  top_p: 0.95,
  transformers_version: '4.51.0',
};

describe('samplingOfConfig', () => {
  it("is what Qwen3's authors recommend", () => {
    expect(samplingOfConfig(qwen3)).toEqual({
      temperature: 0.6,
      topK: 20,
      topP: 0.95,
      minP: 0,
      repetitionPenalty: 1,
    });
  });

  it.each([
    ['nothing about sampling', { eos_token_id: 2 }],
    ['not to sample', { ...qwen3, do_sample: false }],
    ['a penalty alone', { repetition_penalty: 1.05 }],
    ['nonsense', { temperature: 'hot', top_p: 7, top_k: null }],
    ['no object', 'temperature'],
    ['null', null],
  ])('is undefined for a file that says %s', (_, config) => {
    expect(samplingOfConfig(config)).toBeUndefined();
  });

  it('leaves out what is out of range, and keeps the rest', () => {
    const config = { ...qwen3, top_p: 7, repetition_penalty: 1.05 };
    expect(samplingOfConfig(config)).toMatchObject({
      temperature: 0.6,
      topP: 1,
      repetitionPenalty: 1.05,
    });
  });
});

describe('samplingOfGguf', () => {
  it("reads llama.cpp's keys", () => {
    const values = new Map([
      ['general.sampling.temp', '0.600000'],
      ['general.sampling.top_k', '20'],
      ['general.sampling.penalty_repeat', '1.050000'],
    ]);
    expect(samplingOfGguf((key) => values.get(key) ?? '')).toEqual({
      temperature: 0.6,
      topK: 20,
      topP: 1,
      minP: 0,
      repetitionPenalty: 1.05,
    });
  });

  it('is undefined for a file without them', () => {
    expect(samplingOfGguf(() => '')).toBeUndefined();
  });
});
