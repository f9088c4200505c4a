import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { addModel } from '../../../backend/models/add.ts';
import { locateModel } from '../../../backend/models/modelService.ts';
import { ModelStore } from '../../../backend/models/store.ts';
import { buildOptionsOf } from '../../../backend/prediction/build.ts';
import { estimate } from '../../../backend/prediction/estimate.ts';
import { PredictParams } from '../../../backend/protocol/predict.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { configOf } from '../../support/modelShapes.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const quiet = { onProgress: () => undefined, onNotice: () => undefined };

describe('predict/estimate', () => {
  let store: ModelStore;
  let config: string;

  beforeEach(async () => {
    store = new ModelStore(await temporaryFolder());
    config = path.join(store.home, 'config.json');
    await writeFile(config, JSON.stringify(configOf('Qwen3-4B')));
  });

  const ask = async (given: object, source = config) => {
    const { options } = PredictParams.parse({ source, options: given });
    return estimate(await locateModel(store, source), buildOptionsOf(options));
  };

  it('takes the options of a conversion', async () => {
    const { build } = await ask({
      quantization: 'w4f16',
      sequenceLength: 1024,
      hasPrefixReuse: false,
      maxInputLength: 512,
      chunkLength: 128,
      keepHigh: [0, 35, 35],
      devices: 2,
    });
    expect(build).toMatchObject({ chunkLength: 512, highLayers: 2, devices: 2 });
  });

  it('has a step for each length that decode is compiled for', async () => {
    const lengths = async (options: object) =>
      (await ask(options)).decode.flatMap(({ kvLength, clockMHz }) =>
        clockMHz === 1000 ? [kvLength] : [],
      );
    expect(await lengths({})).toEqual([512, 1024, 2048]);
    expect(await lengths({ hasPrefixReuse: false })).toEqual([2048]);
    expect(await lengths({ prefill: 'static', chunkLength: 700 })).toEqual([700, 1400, 2048]);
  });

  it('counts layers that keep 16 bits, and what each of several chips has', async () => {
    const layers = async (options: object) => (await ask(options)).memory.parts[0]!.bytes.expected;
    const all = Array.from({ length: 36 }, (_, layer) => layer);
    expect(await layers({ keepHigh: all })).toBe(await layers({ quantization: 'bf16' }));
    expect(await layers({ keepHigh: [3] })).toBeGreaterThan(await layers({}));
    expect((await layers({ devices: 2 })) / (await layers({}))).toBeCloseTo(0.5, 1);
    const rate = async (options: object) =>
      (await ask(options)).decode[0]!.tokensPerSecond.expected;
    expect(await rate({ devices: 2 })).toBeGreaterThan(1.5 * (await rate({})));
    expect(await rate({ keepHigh: all })).toBeLessThan(await rate({}));
  });

  it('finds a model of the store, and refuses what is neither one nor an absolute path', async () => {
    const file = path.join(store.home, 'm.gguf');
    await writeFile(file, buildGguf());
    await addModel(store, { path: file, alias: 'mine' }, quiet, new AbortController().signal);
    await expect(ask({}, 'mine')).rejects.toMatchObject({ errorName: 'modelInvalid' });
    await expect(ask({}, 'config.json')).rejects.toMatchObject({ errorName: 'sourceInvalid' });
  });

  it.each([
    [{ chunkLength: 1025 }, 'a chunk of 1025 tokens is more than half'],
    [{ maxInputLength: 512 }, 'only for builds without prefix reuse'],
    [{ groupSize: 96 }, 'does not divide'],
    [{ sequenceLength: 40_000 }, 'beyond the 32768 tokens'],
  ])('refuses %j', async (options, reason) => {
    await expect(ask(options)).rejects.toMatchObject({
      errorName: 'configInvalid',
      message: expect.stringContaining(reason) as string,
    });
  });
});
