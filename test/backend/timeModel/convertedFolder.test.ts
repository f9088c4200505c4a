import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { predictEstimated } from '../../../backend/timeModel/predictCompiled.ts';
import { keptFigures, readConverted } from '../../../backend/timeModel/convertedFolder.ts';
import { jobsOf, netsOf } from '../../../backend/timeModel/nets.ts';
import { chooseBuild } from '../../../backend/prediction/build.ts';
import { ConversionOptions } from '../../../backend/protocol/conversion.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { configOf, shapes } from '../../support/modelShapes.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const options = ConversionOptions.parse({ quantization: 'w4f16', sequenceLength: 1024 });

describe('a converted folder', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    const source = path.join(folder, 'source.json');
    await writeFile(source, JSON.stringify(configOf('Qwen3-1.7B')));
    const manifest = { conversion: { source: { path: source }, options } };
    await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  });

  it('is predicted with what it was made of and with; what is asked for goes before', async () => {
    const own = await predictEstimated(folder, {});
    expect(own.build).toMatchObject({ quantization: 'w4f16', sequenceLength: 1024 });
    const file = await predictEstimated(path.join(folder, 'model.bmodel'), { quantization: 'f16' });
    expect(file.build).toMatchObject({ quantization: 'f16', sequenceLength: 1024 });
  });

  it('has its dimensions from its own config.json where there is one', async () => {
    await mkdir(path.join(folder, 'config'));
    const config = path.join(folder, 'config', 'config.json');
    await writeFile(config, JSON.stringify(configOf('Qwen3-4B')));
    expect((await readConverted(folder))?.source).toBe(config);
    expect((await predictEstimated(folder, {})).model.hiddenSize).toBe(2560);
  });

  it.each(['', '{}', '{"conversion":{"options":{"quantization":"int8"}}}'])(
    'is none with the manifest %j',
    async (manifest) => {
      await writeFile(path.join(folder, 'manifest.json'), manifest);
      expect(await readConverted(folder)).toBeUndefined();
    },
  );

  it('is not believed when its schedules are of another model, damaged or not all there', async () => {
    const shape = shapes['Qwen3-1.7B'];
    const build = chooseBuild(shape, { sequenceLength: 512, prefill: 'static' });
    const jobs = jobsOf(netsOf(shape, build));
    const kept = async () => keptFigures(folder, jobs, shape, build);
    expect(await kept()).toEqual([]);
    const net = path.join(folder, 'work', 'block_cache_0');
    await mkdir(net, { recursive: true });
    await writeFile(path.join(net, 'compiler_profile_0.txt'), '');
    expect(await kept()).toEqual([]);
    await writeFile(path.join(net, 'block_cache_0.bmodel'), buildBmodel());
    expect(await kept()).toEqual([]);
    await writeFile(path.join(net, 'block_cache_0.bmodel'), 'damaged');
    expect(await kept()).toEqual([]);
  });
});
