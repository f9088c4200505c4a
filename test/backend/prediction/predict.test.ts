import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BuildError } from '../../../backend/prediction/build.ts';
import { chipHeaps, placeBlocks } from '../../../backend/prediction/heaps.ts';
import { predict } from '../../../backend/prediction/predict.ts';
import { CardQuantization, Prediction } from '../../../backend/protocol/prediction.ts';
import { shapes } from '../../support/modelShapes.ts';

const names = Object.keys(shapes) as (keyof typeof shapes)[];

function partOf({ memory }: Prediction, name: Prediction['memory']['parts'][number]['name']) {
  return memory.parts.find((part) => part.name === name)?.bytes.expected ?? 0;
}

describe('memory', () => {
  it.each([
    ['Qwen3-8B', 'w8bf16', 7.29e9],
    ['Qwen3-8B', 'w4bf16', 3.82e9],
  ] as const)('of the layers of %s %s is what the compiler made', (name, quantization, bytes) => {
    const layers = partOf(predict(shapes[name], { quantization }), 'layers');
    expect(layers / bytes).toBeGreaterThan(0.99);
    expect(layers / bytes).toBeLessThan(1.02);
  });

  it.each([
    ['Qwen3-8B', 147_456],
    ['Qwen3-4B', 147_456],
    ['Qwen3-1.7B', 114_688],
  ] as const)('of a token of %s is %i bytes', (name, bytes) => {
    expect(predict(shapes[name]).memory.kvBytesPerToken).toBe(bytes);
  });

  it('grows with the bits of a weight', () => {
    const sizes = CardQuantization.options.map((quantization) =>
      partOf(predict(shapes['Qwen3-4B'], { quantization }), 'layers'),
    );
    const [w8, w8f, w4, w4f, bf, f] = sizes;
    expect([w8, w4, bf]).toEqual([w8f, w4f, f]);
    expect(w4!).toBeLessThan(w8!);
    expect(w8!).toBeLessThan(bf!);
  });

  it('counts a scale a group, and zero points unless symmetric', () => {
    const layers = (isSymmetric: boolean, groupSize: number): number =>
      partOf(predict(shapes['Qwen3-4B'], { isSymmetric, groupSize }), 'layers');
    expect(layers(true, 64)).toBeLessThan(layers(false, 64));
    expect(layers(false, 64)).toBeLessThan(layers(false, 32));
  });

  it('shares a tied head, and keeps an embedding on the host', () => {
    const tied = predict(shapes['Qwen3-4B']);
    expect(partOf(tied, 'outputHead')).toBe(0);
    expect(partOf(tied, 'embedding')).toBe(151_936 * 2560 * 2);
    const onDisk = predict(shapes['Qwen3-4B'], { isEmbeddingOnDisk: true });
    expect(onDisk.memory.parts.map(({ name }) => name)).not.toContain('embedding');
    expect(partOf(onDisk, 'outputHead')).toBe(151_936 * 2560 * 2);
  });

  it('says what would make too large a model fit, and each does', () => {
    const large = predict(shapes['Qwen2.5-14B'], { sequenceLength: 8192 });
    expect(large.memory).toMatchObject({ fit: 'no' });
    expect(large.memory.remedies).toEqual(['--quantize w4bf16', '--num-device 2']);
    const smaller = { sequenceLength: 8192, quantization: 'w4bf16' } as const;
    expect(predict(shapes['Qwen2.5-14B'], smaller).memory.fit).toBe('yes');
  });

  it('proposes two changes where one is not enough', () => {
    const { memory } = predict(shapes['Qwen2.5-14B'], { sequenceLength: 32_768 });
    const [both] = memory.remedies;
    expect(both).toMatch(/^--quantize w4bf16 --seq-length \d+$/u);
    const sequenceLength = Number(both?.split(' ').at(-1));
    const smaller = { sequenceLength, quantization: 'w4bf16' } as const;
    expect(predict(shapes['Qwen2.5-14B'], smaller).memory.fit).toBe('yes');
  });

  it('proposes lengths and slots that fit', () => {
    const wide = { sequenceLength: 4096, slots: 16, quantization: 'w8bf16' } as const;
    const { memory } = predict(shapes['Qwen3-8B'], wide);
    expect(memory.fit).toBe('no');
    const { longestSequence: length } = memory;
    expect(memory.remedies).toContain(`--seq-length ${length}`);
    const shorter = predict(shapes['Qwen3-8B'], { ...wide, sequenceLength: length });
    expect(shorter.memory.fit).toBe('yes');
    const longer = predict(shapes['Qwen3-8B'], { ...wide, sequenceLength: length! + 64 });
    expect(longer.memory.fit).not.toBe('yes');
    const slots = Number(/--slots (\d+)/u.exec(memory.remedies.join())?.[1]);
    expect(predict(shapes['Qwen3-8B'], { ...wide, slots }).memory.fit).toBe('yes');
    expect(predict(shapes['Qwen3-8B'], { ...wide, slots: slots + 1 }).memory.fit).not.toBe('yes');
  });

  it('knows when nothing helps', () => {
    const huge = { ...shapes['Qwen3-32B'], layers: 2000 };
    const { memory } = predict(huge, { quantization: 'w4bf16' });
    expect(memory.remedies).toEqual(['a smaller model']);
    expect(memory.longestSequence).toBeUndefined();
  });
});

describe('time', () => {
  it('makes a longer prompt wait longer, and a faster clock less', () => {
    const { firstToken } = predict(shapes['Qwen3-8B'], { sequenceLength: 4096 });
    const at = (clock: number): number[] =>
      firstToken
        .filter(({ clockMHz }) => clockMHz === clock)
        .map(({ milliseconds }) => milliseconds.expected);
    expect(at(1000)).toEqual(at(1000).toSorted((a, b) => a - b));
    expect(at(1000).every((ms, n) => ms < at(950)[n]!)).toBe(true);
  });

  it('makes a static prefill cost the same whatever the prompt', () => {
    const options = { sequenceLength: 1024, prefill: 'static' } as const;
    const { firstToken } = predict(shapes['Qwen3-1.7B'], options);
    expect(firstToken.map(({ promptTokens }) => promptTokens)).toEqual([1024, 1024]);
  });

  it('gives many slots more together and each less', () => {
    const rate = (slots: number): number =>
      predict(shapes['Qwen3-1.7B'], { slots }).decode.at(-1)!.tokensPerSecond.expected;
    expect(rate(8)).toBeGreaterThan(rate(1));
    expect(rate(8) / 8).toBeLessThan(rate(1));
  });
});

describe('any prediction', () => {
  const build = fc.record({
    quantization: fc.constantFrom(...CardQuantization.options),
    sequenceLength: fc.integer({ min: 1, max: 32_768 }),
    slots: fc.integer({ min: 1, max: 32 }),
    prefill: fc.constantFrom('static' as const, 'dynamic' as const),
    isEmbeddingOnDisk: fc.boolean(),
  });

  it('is ordered, adds up, and is of its schema', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), build, (name, options) => {
        const prediction = predict(shapes[name], options);
        expect(Prediction.parse(prediction)).toEqual(prediction);
        const { memory, firstToken, decode } = prediction;
        const ranges = [
          memory.total,
          ...memory.parts.map(({ bytes }) => bytes),
          ...firstToken.map(({ milliseconds }) => milliseconds),
          ...decode.map(({ tokensPerSecond }) => tokensPerSecond),
        ];
        for (const { low, expected, high } of ranges) {
          expect(low).toBeLessThanOrEqual(expected);
          expect(expected).toBeLessThanOrEqual(high);
        }
        for (const { memoryShare } of decode) expect(memoryShare).toBeLessThan(1);
        if (memory.fit === 'no') return;
        const used = memory.heaps.reduce((sum, { usedBytes }) => sum + usedBytes, 0);
        expect(used / memory.total.expected).toBeCloseTo(1, 9);
        for (const { bytes, usedBytes } of memory.heaps) {
          expect(usedBytes).toBeLessThanOrEqual(bytes);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [{ sequenceLength: 32_769 }, 'beyond the 32768 tokens of the model'],
    [{ groupSize: 96 }, 'the group size 96 does not divide the width 2560'],
  ])('is refused with %j', (options, reason) => {
    const predicting = (): unknown => predict(shapes['Qwen3-4B'], options);
    expect(predicting).toThrow(BuildError);
    expect(predicting).toThrow(reason);
  });

  it('asks for no groups where there are none', () => {
    const options = { groupSize: 96, quantization: 'bf16' } as const;
    expect(predict(shapes['Qwen3-1.7B'], options).build.groupSize).toBeUndefined();
  });
});

describe('placeBlocks', () => {
  it('never splits a block, though all free memory together would do', () => {
    const free = chipHeaps.reduce((sum, { bytes }) => sum + bytes, 0);
    const third = Math.floor(free / 3);
    expect(placeBlocks([third, third, third], chipHeaps).isWhole).toBe(false);
    expect(placeBlocks([3e9, 3e9, 3e9, 3e9], chipHeaps).isWhole).toBe(true);
  });

  it('takes no block that the runtime has no number for', () => {
    expect(placeBlocks([2 ** 32 - 1], chipHeaps).isWhole).toBe(true);
    expect(placeBlocks([2 ** 32], chipHeaps).isWhole).toBe(false);
  });
});
