import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseBuild } from '../../../backend/prediction/build.ts';
import { compileNets } from '../../../backend/timeModel/compileNets.ts';
import { predictionLayout } from '../../../backend/timeModel/layout.ts';
import { FiguresCache, type NetFigures } from '../../../backend/timeModel/netFigures.ts';
import { jobsOf, netsOf } from '../../../backend/timeModel/nets.ts';
import { shapes } from '../../support/modelShapes.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const figures: NetFigures = {
  time: { milliseconds: { 1000: 2, 950: 2.1 }, memoryBytes: 10, operations: 20 },
  memory: { weights: [], instructions: 1, neuron: 2, io: 3, kernel: 4 },
};
const jobs = jobsOf(netsOf(shapes['Qwen3-1.7B'], chooseBuild(shapes['Qwen3-1.7B'])));
const [job, other] = [jobs[0]!, jobs[1]!];

describe('what is known of nets', () => {
  it('is kept for the owner, by net and compiler', async () => {
    const folder = path.join(await temporaryFolder(), 'figures');
    const cache = new FiguresCache(folder, 'a');
    await cache.put(job, figures);
    expect(await cache.get(job)).toEqual(figures);
    expect(await cache.get(other)).toBeUndefined();
    expect(await new FiguresCache(folder, 'b').get(job)).toBeUndefined();
    const [file = ''] = await readdir(folder);
    expect((await stat(path.join(folder, file))).mode & 0o777).toBe(0o600);
  });

  it('counts as unknown when its file is damaged', async () => {
    const folder = await temporaryFolder();
    const cache = new FiguresCache(folder, 'a');
    await cache.put(job, figures);
    const [file = ''] = await readdir(folder);
    const text = await readFile(path.join(folder, file), 'utf8');
    for (const damaged of ['', text.slice(0, 20), text.replace('"neuron":2', '"neuron":"2"')]) {
      await writeFile(path.join(folder, file), damaged);
      expect(await cache.get(job)).toBeUndefined();
    }
  });

  it('needs a compiler only where something is missing', async () => {
    const home = await temporaryFolder();
    const control = {
      signal: new AbortController().signal,
      onProgress: () => undefined,
      onNotice: () => undefined,
    };
    await expect(compileNets(home, jobs, control, { env: {} })).rejects.toMatchObject({
      errorName: 'toolchainMissing',
    });
    expect(await readdir(home)).toEqual([]);
    await mkdir(predictionLayout(home).figures, { recursive: true });
    await expect(compileNets(home, [], control, { env: {} })).resolves.toMatchObject({
      version: 'tpu-mlir 1.30.2',
    });
  });
});
