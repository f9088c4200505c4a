import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { homePaths } from '../../../backend/client/home.ts';
import { readManifest } from '../../../backend/models/manifest.ts';
import { processesOf } from '../../../backend/toolchain/processTree.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { crash, hang, netsOf } from '../../support/standInCompiler.ts';
import { tinyShape } from '../../support/tinyModel.ts';
import { ConversionHarness, fewNets } from './harness.ts';

describe.skipIf(process.platform !== 'linux')('convert', () => {
  it('makes a model of the store, whole and described', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler({}, netsOf(tinyShape, {}));
    const model = await harness.convert({ alias: 'mine', options: {} });
    expect(model).toMatchObject({
      id: 'tiny-w8bf16',
      aliases: ['mine'],
      format: 'bmodel',
      quantization: 'w8bf16',
      contextLength: 256,
      hasChatTemplate: true,
    });
    expect((await readdir(model.path)).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'manifest.json',
      'model.bmodel',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const { conversion } = await readManifest(model.path);
    expect(conversion).toMatchObject({
      source: { path: harness.source, format: 'huggingFace' },
      options: { sequenceLength: 256, chunkLength: 64, groupSize: 64 },
      versions: [{ name: 'model_tool' }],
      prediction: { memory: { fit: 'yes' } },
    });
    expect(conversion?.source.files.map(({ name }) => name)).toContain('model.safetensors');
    expect(await readdir(homePaths(harness.home).conversions)).toEqual([]);
    expect(harness.fractions.toSorted((a, b) => a - b)).toEqual(harness.fractions);
    expect(harness.compiled()).toHaveLength(15);
  });

  it('makes a folder elsewhere, which the store refers to', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler();
    const out = path.join(harness.home, '../made');
    const model = await harness.convert({ out });
    expect(model.path).toBe(out);
    expect((await harness.store.get('tiny-w8bf16')).path).toBe(out);
    const manifest: unknown = JSON.parse(await readFile(path.join(out, 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ conversion: { options: { target: 'bm1684x' } } });
    expect(existsSync(`${out}.converting`)).toBe(false);
    await expect(harness.convert({ out })).rejects.toMatchObject({ errorName: 'outputExists' });

    // A folder that only looks like one of ours.
    const other = path.join(harness.home, '../other');
    const kept = path.join(`${other}.converting`, 'mine.txt');
    await mkdir(path.dirname(kept));
    await writeFile(kept, 'mine');
    await expect(harness.convert({ out: other })).rejects.toThrow('other.converting already');
    expect(await readFile(kept, 'utf8')).toBe('mine');
  });

  it('answers with the model that it has made before', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler();
    const { id } = await harness.convert();
    harness.log.length = 0;
    expect((await harness.convert()).id).toBe(id);
    expect(harness.log).toEqual([]);
    expect(harness.notices).toContainEqual('It is converted already, as tiny-w8bf16.');
    expect(await harness.convert({ alias: 'mine' })).toMatchObject({ id, aliases: ['mine'] });
    expect(await harness.convert({ alias: 'mine' })).toMatchObject({ id });
  });

  it.each([
    ['crashes', crash, 'conversionFailed', 'ended by SIGSEGV'],
    ['ends with 255', 'sys.exit(255)', 'conversionFailed', 'exit code 255'],
    [
      'ends well after an error',
      'print("loc(x): error: lowering failed")',
      'conversionIncomplete',
      'error: lowering failed',
    ],
    ['ends well without its work', 'sys.exit(0)', 'conversionIncomplete', 'only 0 of its 3'],
    [
      'ends well with half a file',
      'open(out, "wb").write(b"half"); shutil.copy = lambda *_: None',
      'conversionIncomplete',
      'it has only 4 bytes',
    ],
    [
      'finds the disk full',
      'print("OSError: [Errno 28] No space left on device"); sys.exit(1)',
      'diskFull',
      'are needed',
    ],
  ])('says so when the compiler %s', async (_, act, errorName, reason) => {
    const harness = await ConversionHarness.create();
    await harness.compiler({ block_1: act });
    const failed = harness.convert();
    await expect(failed).rejects.toMatchObject({ errorName });
    await expect(failed).rejects.toThrow(reason);
    if (errorName !== 'diskFull') await expect(failed).rejects.toThrow('block_1');
    expect(await harness.store.list()).toEqual([]);
    // What was compiled is not compiled again.
    const before = harness.compiled();
    expect(before).toContain('block_0');
    harness.log.length = 0;
    await harness.compiler();
    await harness.convert();
    const after = harness.compiled();
    expect([...before, ...after].sort()).toEqual(netsOf(tinyShape, fewNets).names.sort());
    expect(after).toContain('block_1');
  });

  it('ends a compiler that says nothing any more', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler({ block_cache_0: hang });
    harness.edges = { ...harness.edges, silenceMs: 1500 };
    const failed = harness.convert();
    await expect(failed).rejects.toThrow('block_cache_0: it has said nothing for');
    const [work = ''] = await readdir(homePaths(harness.home).conversions);
    const folder = path.join(homePaths(harness.home).conversions, work);
    expect(await processesOf(`convert:${folder}:0`)).toEqual([]);
  });

  it('is cancelled with its processes, and goes on', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler({ block_cache_1: hang });
    const controller = new AbortController();
    const work: string[] = [];
    const run = harness.convert({}, controller.signal, (line) => {
      if (!line.startsWith('block_cache_1| working')) return;
      work.push(line);
      controller.abort();
    });
    await expect(run).rejects.toMatchObject({ errorName: 'cancelled' });
    expect(work).toHaveLength(1);
    const [name = ''] = await readdir(homePaths(harness.home).conversions);
    const folder = path.join(homePaths(harness.home).conversions, name);
    for (const worker of [0, 1, 2]) {
      expect(await processesOf(`convert:${folder}:${worker}`)).toEqual([]);
    }
    const before = harness.compiled();
    harness.log.length = 0;
    await harness.compiler();
    expect((await harness.convert()).id).toBe('tiny-w8bf16');
    for (const done of before) expect(harness.log).toContain(`${done} is compiled already`);
    expect(harness.compiled()).toContain('block_cache_1');
  });

  it('compiles again what was damaged meanwhile, and begins anew with other options', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler({ combine: 'sys.exit(1)' });
    await expect(harness.convert()).rejects.toThrow('combine');
    const [name = ''] = await readdir(homePaths(harness.home).conversions);
    const nets = path.join(homePaths(harness.home).conversions, name, 'nets');
    await writeFile(path.join(nets, 'block_0/block_0.bmodel'), 'short');
    await rm(path.join(nets, 'lm_head/lm_head.bmodel'));
    harness.log.length = 0;
    await expect(harness.convert()).rejects.toThrow('combine');
    expect(harness.compiled().sort()).toEqual(['block_0', 'lm_head']);
    harness.log.length = 0;
    await expect(harness.convert({ options: { ...fewNets, isSymmetric: true } })).rejects.toThrow(
      'combine',
    );
    expect(harness.compiled()).toHaveLength(7);
  });

  it('compiles one net at a time when asked to', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler();
    harness.edges = { ...harness.edges, env: { ...process.env, TPU_PILOT_JOBS: '1' } };
    await harness.convert();
    const steps = harness.log.flatMap((line) => {
      const [, begun, ended] = /^(?:> (\w+): run_tool|(\w+) is compiled$)/.exec(line) ?? [];
      return begun ?? ended ?? [];
    });
    const names = steps.filter((_, n) => n % 2 === 0 && n < 14);
    expect(steps).toEqual([...names.flatMap((name) => [name, name]), 'combine']);
    expect(names).toHaveLength(7);
  });

  it('never lists a model that lacks a net', async () => {
    const harness = await ConversionHarness.create();
    await harness.compiler({ combine: 'name = "lacking"' });
    const nets = netsOf(tinyShape, fewNets).nets.filter(({ name }) => name !== 'block_cache_1');
    await writeFile(path.join(harness.home, 'prepared/lacking.bmodel'), buildBmodel({ nets }));
    const failed = harness.convert();
    await expect(failed).rejects.toMatchObject({ errorName: 'conversionIncomplete' });
    await expect(failed).rejects.toThrow('block_cache_1: it is missing');
    expect(await harness.store.list()).toEqual([]);
  });

  it('refuses a source that changes while it is read', async () => {
    const harness = await ConversionHarness.create();
    const file = JSON.stringify(path.join(harness.source, 'model.safetensors'));
    await harness.compiler({ combine: `import os; os.utime(${file})` });
    await expect(harness.convert()).rejects.toThrow('it has changed while it was converted');
  });
});
