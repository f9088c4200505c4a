import { describe, expect, it } from 'vitest';
import { SlotSamplers } from '../../../../backend/devices/bm1684x/slotSamplers.ts';

const sampling = { temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 10, seed: 1 };

function samplersOf(...logits: number[][]): SlotSamplers {
  const samplers = new SlotSamplers(logits.length, 3, 3);
  logits.forEach((values, slot) => {
    samplers.configure(slot, sampling, new Int32Array());
    samplers.logits(slot).set(values);
  });
  return samplers;
}

const both = [
  { slot: 1, position: 4 },
  { slot: 0, position: 7 },
];

describe('samplers of slots', () => {
  it('choose for each slot from its own logits, and look back on it', () => {
    const samplers = samplersOf([3, 2, 1], [1, 2, 3]);
    expect(samplers.choose(both)).toEqual([
      [1, 2],
      [0, 0],
    ]);
    expect(samplers.choose(both)).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it('take no token when the logits of one slot are not valid', () => {
    const samplers = samplersOf([NaN, NaN, NaN], [1, 2, 3]);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(() => samplers.choose(both)).toThrow(
        expect.objectContaining({ name: 'DeviceError', code: 'invalidModel' }),
      );
    }
    samplers.logits(0).set([3, 2, 1]);
    expect(samplers.choose(both)).toEqual([
      [1, 2],
      [0, 0],
    ]);
  });

  it("pass on a head's own choice", () => {
    const samplers = new SlotSamplers(1, 0, 3);
    samplers.configure(0, sampling, new Int32Array());
    expect(samplers.choose([{ slot: 0, token: 2, position: 1 }])).toEqual([[0, 2]]);
  });

  it('refuse a slot that there is not', () => {
    expect(() => samplersOf([1, 2, 3]).choose(both)).toThrow(RangeError);
  });
});
