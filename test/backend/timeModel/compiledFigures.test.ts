import { describe, expect, it } from 'vitest';
import { chooseBuild, type BuildOptions } from '../../../backend/prediction/build.ts';
import type { Figures } from '../../../backend/prediction/figures.ts';
import type { ModelShape } from '../../../backend/prediction/modelShape.ts';
import { predictWith } from '../../../backend/prediction/predict.ts';
import { Prediction } from '../../../backend/protocol/prediction.ts';
import { chunksOf, compiledFigures } from '../../../backend/timeModel/compiledFigures.ts';
import { atVocabulary } from '../../../backend/timeModel/interpolate.ts';
import type { NetFigures } from '../../../backend/timeModel/netFigures.ts';
import { jobKey, jobsOf, netsOf, type NetJob } from '../../../backend/timeModel/nets.ts';
import { shapes } from '../../support/modelShapes.ts';

const shape: ModelShape = { ...shapes['Qwen3-4B'], layers: 10 };

/** Times in ms by net; one that is not named was not compiled to be timed. */
const times: Record<string, number> = {
  block_0: 10,
  block_kv_0: 30,
  block_cache_0: 4,
  block_cache_0_1: 3,
  block_cache_0_2: 2,
};

function figuresFor(job: NetJob): NetFigures {
  const { net, description } = job;
  const isDynamic = job.isReal && description.prefill === 'dynamic' && /_(kv_)?0$/u.test(net);
  const isHead = description.part === 'head';
  const vocabulary = Number(description.config['vocab_size']);
  const ms = isHead ? 1 + vocabulary / 8192 : times[net]!;
  const is16Bits = isHead || description.quantization.startsWith('w') ? 1 : 2;
  const time = {
    milliseconds: { 1000: ms * is16Bits, 950: 1.05 * ms * is16Bits },
    memoryBytes: 1e6 * ms,
    operations: 1,
  };
  const decode = net.startsWith('block_cache');
  return {
    ...(!(isDynamic && !decode) && { time }),
    memory: {
      weights: [{ sha256: decode || isDynamic ? 'same' : net, bytes: 1000 * is16Bits }],
      instructions: 10,
      neuron: isHead ? vocabulary : 500,
      io: decode ? 7 * description.sequenceLength : 0,
      kernel: 99,
    },
  };
}

function figures(options: BuildOptions): { figures: Figures; prediction: Prediction } {
  const build = chooseBuild(shape, options);
  const nets = netsOf(shape, build);
  const known = new Map(jobsOf(nets).map((job) => [jobKey(job), figuresFor(job)]));
  const compiled = { version: 'tpu-mlir 0', of: (job: NetJob) => known.get(jobKey(job))! };
  const made = compiledFigures(shape, build, nets, compiled);
  return { figures: made, prediction: predictWith(shape, build, made) };
}

const head = 1 + 151_936 / 8192;

describe('a prediction from schedules', () => {
  it('counts a layer as often as there are layers, and one output head', () => {
    const { prediction } = figures({ sequenceLength: 2048 });
    expect(Prediction.parse(prediction)).toEqual(prediction);
    const at1000 = prediction.decode.filter(({ clockMHz }) => clockMHz === 1000);
    expect(at1000.map(({ kvLength }) => kvLength)).toEqual([512, 1024, 2048]);
    const steps = at1000.map(({ stepMilliseconds }) => stepMilliseconds.expected);
    [2, 3, 4].forEach((ms, n) => expect(steps[n]).toBeCloseTo(10 * ms + head, 9));
    expect(at1000[2]?.tokensPerSecond.expected).toBeCloseTo(1000 / (40 + head), 9);
    expect(at1000[2]?.memoryShare).toBeCloseTo(1e9 / 64e9, 9);
    expect(prediction.decode.every(({ method }) => method === 'compiled')).toBe(true);
  });

  it('takes full chunks from schedules, and a history between none and all from a line', () => {
    const { figures: made } = figures({ sequenceLength: 2048 });
    const at = (tokens: number): number => made.firstToken(tokens, 1000).expected - head;
    expect(at(512)).toBeCloseTo(100, 9);
    expect(at(1024)).toBeCloseTo(100 + 150, 9);
    expect(at(2048)).toBeCloseTo(100 + 150 + 200 + 250, 9);
    expect(made.firstToken(512, 950).expected).toBeCloseTo(1.05 * (100 + head), 9);
  });

  it('scales a chunk that is not full as the formula does: more with more tokens, never free', () => {
    const { figures: made } = figures({ sequenceLength: 2048 });
    const at = (tokens: number): number => made.firstToken(tokens, 1000).expected - head;
    expect(at(256)).toBeGreaterThan(40);
    expect(at(256)).toBeLessThan(60);
    expect(at(1)).toBeGreaterThan(0);
    expect(at(640)).toBeGreaterThan(at(512));
    expect(at(640)).toBeLessThan(at(1024));
  });

  it('computes a whole prompt whatever it has when prefill is static', () => {
    const { figures: made, prediction } = figures({ sequenceLength: 1024, prefill: 'static' });
    expect(prediction.firstToken.map(({ promptTokens }) => promptTokens)).toEqual([1024, 1024]);
    expect(made.firstToken(5, 1000)).toEqual(made.firstToken(1024, 1000));
  });

  it('has the memory of the nets: weights once, activations of the largest, all instructions', () => {
    const { memory } = figures({ sequenceLength: 2048 }).prediction;
    const part = (name: string) => memory.parts.find((one) => one.name === name)!;
    expect(part('layers')).toMatchObject({ bytes: { expected: 10 * 1000 }, method: 'compiled' });
    expect(part('kvCache').bytes.expected).toBe(10 * 7 * 2048);
    expect(part('activations').bytes.expected).toBeCloseTo(151_936, 6);
    expect(part('instructions').bytes.expected).toBe(10 * 5 * 10 + 10);
    expect(part('kernel').bytes.expected).toBe(99);
    expect(part('embedding')).toMatchObject({ method: 'estimated' });
  });

  it('compiles layers that keep 16 bits for themselves', () => {
    const { figures: made } = figures({ sequenceLength: 2048, highLayers: 3 });
    expect(made.decodeStep(2048, 1000).milliseconds.expected).toBeCloseTo(7 * 4 + 3 * 8 + head, 9);
  });
});

describe('the nets that are compiled', () => {
  const jobs = (options: BuildOptions, of = shape) => jobsOf(netsOf(of, chooseBuild(of, options)));
  const names = (options: BuildOptions): string[] =>
    jobs(options).map(({ net, isReal }) => (isReal ? net : `${net} timed`));

  it('are those of one layer, for each length of decode, and two parts of the head', () => {
    expect(names({ sequenceLength: 2048 })).toEqual([
      ...['block_cache_0_2', 'block_cache_0_1', 'block_cache_0'],
      ...['block_0 timed', 'block_kv_0 timed', 'block_0', 'block_kv_0'],
      ...['lm_head', 'lm_head'],
    ]);
    expect(names({ sequenceLength: 512, prefill: 'static' })).toEqual([
      ...['block_cache_0', 'block_0', 'lm_head', 'lm_head'],
    ]);
    expect(names({ sequenceLength: 512, hasPrefixReuse: false, maxInputLength: 128 })).toEqual([
      ...['block_cache_0', 'block_0 timed', 'block_0', 'lm_head', 'lm_head'],
    ]);
  });

  it('have equal keys for models that differ in depth, training length and tying alone', () => {
    const keys = (of: ModelShape, options: BuildOptions = {}) =>
      jobs({ sequenceLength: 1024, ...options }, of).map(jobKey);
    const base = keys(shape);
    expect(keys({ ...shape, layers: 99, contextLength: 4096, isTied: false })).toEqual(base);
    expect(new Set(base).size).toBe(base.length);
    for (const other of [
      keys({ ...shape, innerSize: 2 * shape.innerSize }),
      keys({ ...shape, kvHeads: 4 }),
      keys(shape, { quantization: 'w4bf16' }),
      keys(shape, { groupSize: 128 }),
      keys(shape, { isSymmetric: true }),
      keys(shape, { chunkLength: 128 }),
      keys(shape, { sequenceLength: 2048 }),
    ]) {
      expect(other.filter((key) => base.includes(key) && !key.includes('"head"'))).toEqual([]);
    }
  });

  it('share the head between quantizations of the same arithmetic', () => {
    const heads = (options: BuildOptions) =>
      jobs(options)
        .filter(({ net }) => net === 'lm_head')
        .map(jobKey);
    expect(heads({ quantization: 'w4bf16' })).toEqual(heads({ quantization: 'bf16' }));
    expect(heads({ quantization: 'w4f16' })).not.toEqual(heads({ quantization: 'w4bf16' }));
  });

  it('compile a small head whole', () => {
    const small = { ...shape, vocabulary: 9000 };
    const heads = jobs({}, small).filter(({ net }) => net === 'lm_head');
    expect(heads.map(({ description }) => description.config['vocab_size'])).toEqual([9000]);
  });
});

describe('what lies between', () => {
  it.each([
    [100, [[0, 100, 512]]],
    [512, [[0, 512, 512]]],
    [
      700,
      [
        [0, 512, 512],
        [512, 188, 512],
      ],
    ],
  ])('a prompt of %i tokens has its chunks', (tokens, expected) => {
    const build = chooseBuild(shape, { sequenceLength: 2048 });
    const chunks = chunksOf(build, tokens);
    expect(chunks).toEqual(expected.map(([from, own]) => ({ from, tokens: own })));
  });

  it('a head of one point is that point, of two the line through them', () => {
    expect(atVocabulary([{ at: 500, value: 3 }], 500)).toBe(3);
    const two = [
      { at: 100, value: 3 },
      { at: 200, value: 5 },
    ];
    expect([100, 200, 1000].map((at) => atVocabulary(two, at))).toEqual([3, 5, 21]);
  });
});
