/**
 * Predictions beside figures of others: Sophgo's and Radxa's for BM1684X machines, and the times
 * that the compiler's own model gives. BENCHMARKS.md has the same table with the errors.
 */
import { describe, expect, it } from 'vitest';
import { chooseBuild } from '../../../backend/prediction/build.ts';
import type { ModelShape } from '../../../backend/prediction/modelShape.ts';
import { predict } from '../../../backend/prediction/predict.ts';
import { decodeStep, firstToken } from '../../../backend/prediction/time.ts';
import type { CardQuantization, Range } from '../../../backend/protocol/prediction.ts';
import { shapes } from '../../support/modelShapes.ts';

type Name = keyof typeof shapes;
type Row = readonly [
  model: Name,
  quantization: CardQuantization,
  sequenceLength: number,
  firstTokenSeconds: number,
  tokensPerSecond: number,
  source: string,
];

/** sophon-demo: sample/Qwen/README.md and the READMEs of the models; static prefill. */
const published: readonly Row[] = [
  ['Qwen3-4B', 'w4bf16', 512, 0.464, 15.857, 'SE7-32'],
  ['Qwen2.5-7B', 'w4bf16', 512, 0.652, 10.26, 'SE7-32'],
  ['Qwen2.5-7B', 'w4bf16', 2048, 2.704, 9.753, 'SE7-32'],
  ['Qwen2.5-7B', 'w4bf16', 512, 0.728, 9.504, 'SE7-32, Qwen2-7B'],
  ['Qwen-7B', 'w4bf16', 512, 0.739, 9.84, 'SE7-32'],
  ['Qwen-7B', 'w4bf16', 2048, 3.328, 7.245, 'SE7-32'],
  ['Qwen2.5-1.5B', 'w4bf16', 512, 0.185, 41.08, 'SE7-32, Python'],
  ['Qwen2.5-1.5B', 'w4bf16', 512, 0.2, 28.19, 'SE7-32, C++'],
  ['Qwen2.5-1.5B', 'w4bf16', 8192, 4.983, 25.7, 'SE7-32, DeepSeek-R1'],
  ['Qwen2.5-1.5B', 'w4bf16', 8192, 5.159, 30.45, 'AirBox, DeepSeek-R1'],
  ['Qwen2.5-7B', 'w4bf16', 2048, 2.937, 8.3, 'SE7-32, DeepSeek-R1'],
  ['Qwen2.5-7B', 'w4bf16', 2048, 2.843, 11.01, 'AirBox, DeepSeek-R1'],
  ['Qwen2.5-14B', 'w4bf16', 512, 1.297, 5.65, 'SE7-32, DeepSeek-R1'],
];

function expectInside(value: number, { low, high }: Range): void {
  expect(value).toBeGreaterThanOrEqual(low);
  expect(value).toBeLessThanOrEqual(high);
}

describe.each(published)('%s %s, %i tokens (%s s, %s tokens/s, %s)', (...row) => {
  const [name, quantization, sequenceLength, firstTokenSeconds, tokensPerSecond] = row;
  const prediction = predict(shapes[name], { quantization, sequenceLength, prefill: 'static' });

  it('has its first token within the bounds', () => {
    const [at1000] = prediction.firstToken;
    expectInside(firstTokenSeconds * 1000, at1000!.milliseconds);
  });

  it('has its tokens/s within the bounds', () => {
    expectInside(tokensPerSecond, prediction.decode[0]!.tokensPerSecond);
  });

  it('fits, as it did', () => {
    expect(prediction.memory.fit).toBe('yes');
  });
});

describe('models of other dimensions', () => {
  it.each([
    ['w8bf16', 5.51],
    ['w4bf16', 7.6],
  ] as const)('Baichuan2-7B %s is predicted within 1.4', (quantization, tokensPerSecond) => {
    const options = { quantization, sequenceLength: 512, prefill: 'static' } as const;
    const [decode] = predict(shapes['Baichuan2-7B'], options).decode;
    expect(decode!.tokensPerSecond.expected / tokensPerSecond).toBeLessThan(1.4);
    expect(decode!.tokensPerSecond.expected / tokensPerSecond).toBeGreaterThan(1 / 1.4);
  });
});

/** tpu-mlir 1.30.2, compiler_profile_0.txt: milliseconds a layer, KV written in place. */
const compiled: readonly (readonly [Name, CardQuantization, number, number, number])[] = [
  ['Qwen3-8B', 'w8bf16', 1, 1024, 3.88],
  ['Qwen3-8B', 'w8bf16', 8, 1024, 4.673],
  ['Qwen3-8B', 'w8bf16', 16, 1024, 5.59],
  ['Qwen3-8B', 'w8bf16', 32, 1024, 7.444],
  ['Qwen3-8B', 'w4bf16', 8, 1024, 2.91],
  ['Qwen3-8B', 'w4bf16', 32, 1024, 5.698],
  ['Qwen3-8B', 'w8bf16', 8, 512, 4.29],
  ['Qwen3-8B', 'w8bf16', 32, 512, 5.92],
  ['Qwen3-8B', 'w4bf16', 8, 512, 2.53],
  ['Qwen3-8B', 'w8bf16', 32, 2048, 10.45],
  ['Qwen3-8B', 'w4bf16', 32, 2048, 8.7],
  ['Qwen3-4B', 'w8bf16', 8, 1024, 2.87],
  ['Qwen3-4B', 'w8bf16', 32, 1024, 5.57],
  ['Qwen3-4B', 'w4bf16', 16, 1024, 2.83],
  ['Qwen3-4B', 'w4bf16', 32, 1024, 4.65],
];

describe('the compiler’s own time model', () => {
  it.each(compiled)(
    'agrees within 8 %% on a decode layer: %s %s, %i slots, %i tokens',
    (name, quantization, slots, kvLength, milliseconds) => {
      // The difference of two depths leaves the layers alone.
      const at = (layers: number): number => {
        const shape = { ...shapes[name], layers };
        const build = chooseBuild(shape, { quantization, slots, sequenceLength: kvLength });
        return decodeStep(shape, build, kvLength).milliseconds.expected;
      };
      const launch = 0.1;
      expect((at(2) - at(1) - launch) / milliseconds).toBeGreaterThan(0.92);
      expect((at(2) - at(1) - launch) / milliseconds).toBeLessThan(1.08);
    },
  );

  it.each([
    [256, 8.95],
    [1024, 36.1],
  ])('is within the bounds for a prefill layer of %i tokens', (tokens, milliseconds) => {
    const at = (layers: number): Range => {
      const shape = { ...shapes['Qwen3-8B'], layers };
      const build = chooseBuild(shape, { sequenceLength: tokens, prefill: 'static' });
      return firstToken(shape, build, tokens, 1000);
    };
    expect(at(2).low - at(1).low).toBeLessThanOrEqual(milliseconds);
    expect(at(2).high - at(1).high).toBeGreaterThanOrEqual(milliseconds);
  });

  it('gives 32 slots of Qwen3-8B W4 about 139 tokens/s', () => {
    const options = { quantization: 'w4bf16', sequenceLength: 1024, slots: 32 } as const;
    const { decode, memory } = predict(shapes['Qwen3-8B'], options);
    expect(decode.at(-1)!.tokensPerSecond.expected / 139.4).toBeGreaterThan(0.95);
    expect(decode.at(-1)!.tokensPerSecond.expected / 139.4).toBeLessThan(1.05);
    expect(memory.fit).toBe('yes');
  });
});

/** It is in the last layer. */
const finalNorm = 4096;

describe('what tpu-mlir 1.30.2 made of a small Qwen3', () => {
  const tiny: ModelShape = {
    architecture: 'qwen3',
    layers: 2,
    hiddenSize: 128,
    innerSize: 256,
    heads: 4,
    kvHeads: 2,
    headSize: 32,
    vocabulary: 512,
    contextLength: 128,
    isTied: true,
  };
  it.each([
    ['static', 64, undefined, 593_920, 81_920, 159_744],
    ['dynamic', 128, 32, 1_134_592, 114_688, 110_592],
  ] as const)(
    'needs the same memory: %s, %i tokens in chunks of %i',
    (prefill, sequenceLength, chunkLength, weights, io, neuron) => {
      const { parts } = predict(tiny, { prefill, sequenceLength, chunkLength }).memory;
      const of = (...names: string[]): number =>
        parts
          .filter(({ name }) => names.includes(name))
          .reduce((sum, { bytes }) => sum + bytes.expected, 0);
      expect(of('layers', 'embedding', 'outputHead')).toBe(weights - finalNorm);
      expect(of('kvCache')).toBe(io);
      expectInside(neuron, parts.find(({ name }) => name === 'activations')!.bytes);
    },
  );
});

describe('what it made of SmolLM2-135M', () => {
  it('needs the same memory: static, 512 tokens, 4 bits in the groups of its GGUF', () => {
    const smol: ModelShape = {
      architecture: 'llama',
      layers: 30,
      hiddenSize: 576,
      innerSize: 1536,
      heads: 9,
      kvHeads: 3,
      headSize: 64,
      vocabulary: 49_152,
      contextLength: 8192,
      isTied: true,
      groupSize: 32,
    };
    const options = { quantization: 'w4bf16', sequenceLength: 512, prefill: 'static' } as const;
    const { parts } = predict(smol, options).memory;
    const of = (wanted: string): Range => parts.find(({ name }) => name === wanted)!.bytes;
    const weights = of('layers').expected + of('embedding').expected + of('outputHead').expected;
    expect(weights).toBe(124_825_600 - finalNorm);
    expectInside(6_819_840, of('activations'));
    expectInside(2_793_036, of('instructions'));
  });
});
