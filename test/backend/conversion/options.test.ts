import { describe, expect, it } from 'vitest';
import {
  chooseOptions,
  decodeStages,
  optionProblems,
  promptLength,
} from '../../../backend/conversion/options.ts';
import { chooseBuild } from '../../../backend/prediction/build.ts';
import { ConversionOptions } from '../../../backend/protocol/conversion.ts';
import { shapes } from '../../support/modelShapes.ts';

const shape = shapes['Qwen3-1.7B'];

function choose(options: object) {
  return chooseOptions(shape, ConversionOptions.parse(options));
}

describe('options of a conversion', () => {
  it('are those that chat and completion need, unless told otherwise', () => {
    expect(choose({})).toMatchObject({
      quantization: 'w8bf16',
      groupSize: 64,
      sequenceLength: 2048,
      chunkLength: 512,
      prefill: 'dynamic',
      hasPrefixReuse: true,
      head: 'logits',
    });
    expect(choose({ quantization: 'bf16' }).groupSize).toBeUndefined();
    expect(choose({ hasPrefixReuse: false }).chunkLength).toBeUndefined();
    expect(choose({ keepHigh: [3, 1, 3] }).keepHigh).toEqual([1, 3]);
  });

  it('keep the groups that weights of the source have', () => {
    const asked = ConversionOptions.parse({});
    expect(chooseOptions({ ...shape, groupSize: 32 }, asked).groupSize).toBe(32);
  });

  it.each([
    [{}, 512, [1024, 512]],
    [{ sequenceLength: 1000, chunkLength: 100 }, 100, [800, 400, 200, 100]],
    [{ hasPrefixReuse: false }, 2048, []],
    [{ hasPrefixReuse: false, maxInputLength: 300 }, 300, []],
    [{ hasPrefixReuse: false, chunkLength: 1024 }, 2048, [1024]],
    [{ devices: 2 }, 512, []],
  ])('%j compiles prompts of %i tokens and decodes at %j', (options, prompt, stages) => {
    const chosen = choose(options);
    expect([promptLength(chosen), decodeStages(chosen)]).toEqual([prompt, stages]);
    expect(optionProblems(shape, chosen)).toEqual([]);
  });

  it.each([
    [3, 1],
    [63, 15],
    [101, 25],
    [2046, 511],
  ])('of %i tokens take chunks of %i, as predictions and the compiler do', (length, chunk) => {
    const options = { sequenceLength: length };
    expect(choose(options).chunkLength).toBe(chunk);
    expect(chooseBuild(shape, options).chunkLength).toBe(chunk);
  });

  it.each([
    [{ sequenceLength: 40_000 }, 'beyond the 32768 tokens of the model'],
    [{ groupSize: 48 }, '48 does not divide the width 2048'],
    [
      { sequenceLength: 512, chunkLength: 257 },
      '257 tokens is more than half of the sequence length 512',
    ],
    [{ maxInputLength: 128 }, 'without prefix reuse'],
    [{ hasPrefixReuse: false, maxInputLength: 4096 }, 'beyond the sequence length 2048'],
    [{ prefill: 'static' }, 'prefix reuse needs dynamic prefill'],
    [{ hasPrefixReuse: false, chunkLength: 512, devices: 2 }, 'decode is compiled for one length'],
    [{ slots: 4 }, 'builds for 4 conversations at once are not there yet'],
    [{ keepHigh: [2, 28] }, 'no layer 28: the model has the layers 0 to 27'],
  ])('%j is refused: %s', (options, reason) => {
    const problems = optionProblems(shape, choose(options));
    expect(problems).toEqual([expect.stringContaining(reason)]);
  });

  it('refuses chips that heads cannot be shared between', () => {
    const chosen = chooseOptions(shapes['Qwen2.5-1.5B'], ConversionOptions.parse({ devices: 4 }));
    expect(optionProblems(shapes['Qwen2.5-1.5B'], chosen)).toEqual([
      'its 2 KV heads do not divide by 4 chips',
    ]);
  });
});
