import { describe, expect, it } from 'vitest';
import { countSubModels, expectedNets, netProblems } from '../../../backend/conversion/nets.ts';
import { diskNeed, memoryNeed, workersFor } from '../../../backend/conversion/needs.ts';
import { chooseOptions } from '../../../backend/conversion/options.ts';
import { readBmodel } from '../../../backend/formats/bmodel.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ConversionOptions } from '../../../backend/protocol/conversion.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { shapes } from '../../support/modelShapes.ts';
import { netsOf } from '../../support/standInCompiler.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { tinyShape } from '../../support/tinyModel.ts';

type Nets = ReturnType<typeof netsOf>['nets'];

async function problemsOf(change: (nets: Nets) => Nets, asked: object = {}): Promise<string[]> {
  const file = path.join(await temporaryFolder(), 'm.bmodel');
  await writeFile(file, buildBmodel({ nets: change(netsOf(tinyShape, asked).nets) }));
  const options = chooseOptions(tinyShape, ConversionOptions.parse(asked));
  return netProblems(await readBmodel(file), tinyShape, options);
}

describe('the nets of a compiled model', () => {
  it('are one or more for each layer, tables and heads', () => {
    const options = chooseOptions(tinyShape, ConversionOptions.parse({}));
    expect(expectedNets(tinyShape, options).map(({ name }) => name)).toEqual([
      'embedding',
      'embedding_cache',
      'lm_head',
      'greedy_head',
      'sample_head',
      'block_0',
      'block_cache_0',
      'block_kv_0',
      'block_1',
      'block_cache_1',
      'block_kv_1',
    ]);
    // Each decode net is compiled for 64, 128 and 256 tokens.
    expect(countSubModels(tinyShape, options)).toBe(15);
  });

  it('are found right', async () => {
    for (const asked of [
      {},
      { keepHigh: [1] },
      { prefill: 'static', hasPrefixReuse: false, head: 'token' },
      { isEmbeddingOnDisk: true, quantization: 'bf16' },
    ] as const) {
      const isBf16 = 'quantization' in asked;
      const whole = isBf16 ? { ...asked, keepHigh: [0, 1] } : asked;
      expect(await problemsOf((nets) => nets, whole)).toEqual([]);
    }
  });

  it.each<[string, (nets: Nets) => Nets]>([
    ['block_kv_1: it is missing', (nets) => nets.filter(({ name }) => name !== 'block_kv_1')],
    [
      'block_9: nobody has asked for it',
      (nets) => nets.map((net) => (net.name === 'block_1' ? { ...net, name: 'block_9' } : net)),
    ],
    [
      'block_cache_0: its length of KV cache is [128,64], not [256,128,64]',
      (nets) =>
        nets.map((net) =>
          net.name === 'block_cache_0' ? { ...net, stages: net.stages.slice(1) } : net,
        ),
    ],
    [
      'block_0: its number of outputs is 1, not 3',
      (nets) => changeStage(nets, 'block_0', { outputs: [{ name: 'states', shape: [1] }] }),
    ],
    [
      'embedding: its first input is [1,32], not [1,64]',
      (nets) => changeStage(nets, 'embedding', { inputs: [{ name: 'ids', shape: [1, 32] }] }),
    ],
    [
      'block_cache_1: some of its weights are missing',
      (nets) => changeStage(nets, 'block_cache_1', { weights: Buffer.alloc(99, 1) }),
    ],
    [
      'block_kv_0: its prefill is "static", not "dynamic"',
      (nets) => changeStage(nets, 'block_kv_0', { isDynamic: false }),
    ],
  ])('tell %s', async (problem, change) => {
    expect((await problemsOf(change)).join('; ')).toContain(problem);
  });

  it('tell a layer that was to keep 16 bits and did not', async () => {
    const file = path.join(await temporaryFolder(), 'm.bmodel');
    await writeFile(file, buildBmodel({ nets: netsOf(tinyShape, {}).nets }));
    const options = chooseOptions(tinyShape, ConversionOptions.parse({ keepHigh: [1] }));
    const problems = netProblems(await readBmodel(file), tinyShape, options);
    expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) expect(problem).toMatch(/_1: its weights are not kept in 16/);
  });
});

function changeStage(nets: Nets, name: string, change: object): Nets {
  return nets.map((net) =>
    net.name === name
      ? { ...net, stages: net.stages.map((stage) => ({ ...stage, ...change })) }
      : net,
  );
}

describe('what a conversion needs', () => {
  const large = shapes['Qwen3-8B'];
  const options = chooseOptions(large, ConversionOptions.parse({}));

  it('is room for the floats, the nets and the result', () => {
    const need = diskNeed(large, options, false);
    expect(need / 1e9).toBeGreaterThan(50);
    expect(need / 1e9).toBeLessThan(120);
    // Weights that were unpacked are 16-bit floats.
    expect((diskNeed(large, options, true) - need) / 1e9).toBeCloseTo(16.4, 0);
    expect(memoryNeed(large) / 1e9).toBeCloseTo(10.4, 0);
  });

  it('allows as many compilations at once as find room', () => {
    expect(workersFor(16, 64e9, 10e9)).toBe(6);
    expect(workersFor(2, 64e9, 1e9)).toBe(2);
    expect(workersFor(64, 640e9, 1e9)).toBe(8);
    expect(workersFor(8, 1e9, 10e9)).toBe(1);
  });
});
