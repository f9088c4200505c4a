import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChipError, readBmodel } from '../../../backend/formats/bmodel.ts';
import { checkWeights } from '../../../backend/formats/bmodelWeights.ts';
import { FormatError } from '../../../backend/formats/fileCursor.ts';
import { buildBmodel, soundNets, type BmodelParts } from '../../support/bmodelFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function fileOf(bytes: Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(), 'model.bmodel');
  await writeFile(file, bytes);
  return file;
}

/** A file with one net of one stage. */
function oneStage(stage: NonNullable<BmodelParts['nets']>[number]['stages'][number]): BmodelParts {
  return { nets: [{ name: 'block_0', stages: [stage] }] };
}

const tensor = { name: 't', shape: [1] };

describe('readBmodel', () => {
  it('tells chip, nets, stages, shapes and sizes', async () => {
    const model = await readBmodel(await fileOf(buildBmodel()));
    expect(model).toMatchObject({
      version: 'B.2.2+v1.30.2',
      builtAt: 'Sun Nov 22 10:00:00 2026',
      chip: 'BM1684X',
      devices: 1,
    });
    expect(model.nets.map(({ name, addressMode }) => [name, addressMode])).toEqual([
      ['block_0', 'basic'],
      ['block_cache_0', 'io alone'],
    ]);
    const decode = model.nets[1]?.stages[0];
    expect(decode).toMatchObject({
      isDynamic: false,
      cores: 1,
      neuronBytes: 1024,
      ioBytes: 64 * 256,
      instructionBytes: 20,
      inputs: [
        { name: 'input_states', dtype: 'bf16', shape: [1, 1, 64] },
        { name: 'history_k', dtype: 'bf16', shape: [1, 64, 2, 32] },
      ],
      outputs: [{ name: 'output', dtype: 'bf16', shape: [1, 64] }],
    });
  });

  it('counts shared memory once', async () => {
    const { memory, weights } = await readBmodel(await fileOf(buildBmodel()));
    expect(weights).toHaveLength(1);
    expect(memory).toEqual({
      weights: 96,
      instructions: 60,
      neuron: 4096,
      io: 64 * 256,
      kernel: 40,
    });
  });

  it('takes the sizes of groups for the size of the whole', async () => {
    const stage = { neuronBytes: 7, groupBytes: [100, 20] };
    const { memory } = await readBmodel(await fileOf(buildBmodel(oneStage(stage))));
    expect(memory.neuron).toBe(120);
  });

  it('takes a file that holds more than its header says, as old compilers wrote', async () => {
    const model = await readBmodel(await fileOf(buildBmodel({ missingBytes: -100 })));
    expect(model.nets).toHaveLength(2);
  });

  it('says when it is for another chip', async () => {
    const reading = readBmodel(await fileOf(buildBmodel({ chip: 'BM1688' })));
    await expect(reading).rejects.toBeInstanceOf(ChipError);
    await expect(reading).rejects.toThrow('built for the chip BM1688, not for the BM1684X');
  });

  it.each<[string, BmodelParts, string]>([
    ['another magic', { magic: 0xff55aaff }, 'does not begin as a bmodel does'],
    ['another header', { headerBytes: 128 }, 'header of 128 bytes'],
    ['data cut short', { missingBytes: 1 }, 'it is cut short'],
    ['no nets', { nets: [] }, 'no nets'],
    ['a net without stages', { nets: [{ name: 'a', stages: [] }] }, 'net "a" has no stages'],
    ['no inputs', oneStage({ inputs: [] }), 'no inputs'],
    ['no outputs', oneStage({ outputs: [] }), 'no outputs'],
    ['an unknown type', oneStage({ inputs: [{ ...tensor, type: 99 }] }), 'data type 99'],
    [
      'nine dimensions',
      oneStage({ inputs: [{ ...tensor, shape: Array<number>(9).fill(1) }] }),
      '9 dimensions',
    ],
    ['a huge size', oneStage({ neuronBytes: 2 ** 60 }), `has the number ${2n ** 60n}`],
    [
      'an unknown address mode',
      { nets: [{ name: 'a', addressMode: 5, stages: [{}] }] },
      'address mode 5',
    ],
  ])('refuses %s', async (_, parts, reason) => {
    const reading = readBmodel(await fileOf(buildBmodel(parts)));
    await expect(reading).rejects.toBeInstanceOf(FormatError);
    await expect(reading).rejects.toThrow(reason);
  });

  it('names the net whose part is outside a file that promises too little', async () => {
    const whole = buildBmodel();
    const cut = whole.subarray(0, whole.length - 41);
    cut.writeBigUInt64LE(1n, 12);
    await expect(readBmodel(await fileOf(cut))).rejects.toThrow(
      /the instructions of net "block_0" is not inside the file/u,
    );
  });

  it('refuses every beginning of a sound file', async () => {
    const whole = buildBmodel();
    const file = await fileOf(whole);
    for (let length = whole.length - 1; length >= 0; length--) {
      await truncate(file, length);
      await expect(readBmodel(file)).rejects.toBeInstanceOf(FormatError);
    }
  });

  it('takes no harm from any bytes', async () => {
    const whole = buildBmodel();
    const file = await fileOf(whole);
    const place = fc.integer({ min: 0, max: whole.length - 1 });
    const change = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1 });
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        await writeFile(file, bytes);
        const outcome = await readBmodel(file).catch((error: unknown) => error);
        if (!(outcome instanceof Error)) return;
        refused++;
        expect(outcome).toBeInstanceOf(FormatError);
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('does not read one table again and again', async () => {
    // 3,000 nets that are one net, which has 3,000 stages that are one stage: 9,000,000 in 25 kB.
    const stages = Array<object>(3000).fill({});
    const nets = Array<{ name: string; stages: object[] }>(3000).fill({ name: 'a', stages });
    const bytes = buildBmodel({ nets });
    expect(bytes.length).toBeLessThan(26_000);
    await expect(readBmodel(await fileOf(bytes))).rejects.toBeInstanceOf(FormatError);
  });
});

describe('a bmodel that tpu-mlir 1.30.2 made', () => {
  it('has the nets and the sizes that its own model_tool tells', async () => {
    const { nets, memory, devices, version } = await readBmodel(await realFile());
    expect(version).toBe('B.2.2+v1.30.2-20260831');
    expect(devices).toBe(1);
    expect(nets.map(({ name }) => name)).toEqual([
      'embedding',
      'block_cache_0',
      'block_cache_1',
      'embedding_cache',
      'lm_head',
      'block_0',
      'block_1',
    ]);
    expect(nets[1]).toMatchObject({ addressMode: 'io alone', stages: [{ ioBytes: 40_960 }] });
    expect(nets[1]?.stages[0]?.inputs.map(({ dtype, shape }) => [dtype, ...shape])).toEqual([
      ['bf16', 1, 1, 128],
      ['i32', 1, 1],
      ['bf16', 1, 1, 1, 65],
      ['bf16', 1, 64, 2, 32],
      ['bf16', 1, 64, 2, 32],
    ]);
    // One embedding for two nets and the head, and one copy of each layer for two nets.
    expect(memory).toMatchObject({ weights: 593_920, neuron: 159_744, kernel: 5_598_792 });
  });

  it('is read or refused with any bytes changed', async () => {
    const file = await realFile();
    const whole = await readFile(file);
    const place = fc.integer({ min: 0, max: DESCRIPTION_BYTES - 1 });
    const change = fc.tuple(place, fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(change, async ([at, value]) => {
        const handle = await open(file, 'r+');
        await handle.write(Buffer.from([value]), 0, 1, at);
        await handle.close();
        const outcome = await readBmodel(file).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(FormatError);
        await writeFile(file, whole.subarray(0, DESCRIPTION_BYTES), { flag: 'r+' });
      }),
      { numRuns: 300 },
    );
  });

  it('is refused without its last byte', async () => {
    const file = await realFile();
    await truncate(file, REAL_BYTES - 1);
    await expect(readBmodel(file)).rejects.toThrow('it is cut short');
  });

  it('fails the check without its weights', async () => {
    const file = await realFile();
    const model = await readBmodel(file);
    await expect(checkWeights(file, model)).rejects.toThrow('weights of net "embedding"');
  });
});

const REAL_BYTES = 6_332_416;
const DESCRIPTION_BYTES = 20_480;

/**
 * A random Qwen3 (2 layers, hidden size 128, 512 tokens) converted with `-s 64 -q w8bf16`: its
 * header and description, with a hole where weights and instructions were.
 */
async function realFile(): Promise<string> {
  const packed = await readFile(new URL('../../support/tinyQwen3.bmodel.gz', import.meta.url));
  const file = await fileOf(gunzipSync(packed));
  await truncate(file, REAL_BYTES);
  return file;
}

describe('checkWeights', () => {
  it('finds sound weights sound', async () => {
    const file = await fileOf(buildBmodel());
    expect(await checkWeights(file, await readBmodel(file))).toEqual({
      checkedBytes: 96,
      uncheckedBytes: 0,
    });
  });

  it('finds one flipped bit', async () => {
    const bytes = buildBmodel();
    const at = bytes.indexOf(Buffer.alloc(96, 3));
    bytes[at + 50] = 2;
    const file = await fileOf(bytes);
    await expect(checkWeights(file, await readBmodel(file))).rejects.toThrow(
      'the weights of net "block_0" are damaged',
    );
  });

  it('says how much it could not check', async () => {
    const weights = Buffer.alloc(10, 1);
    const nets = [
      ...soundNets,
      { name: 'old', stages: [{ weights, checkCode: Buffer.alloc(0) }] },
      { name: 'secret', stages: [{ weights: Buffer.alloc(11, 2), encryptMode: 1 }] },
    ];
    const file = await fileOf(buildBmodel({ nets }));
    expect(await checkWeights(file, await readBmodel(file))).toEqual({
      checkedBytes: 96,
      uncheckedBytes: 21,
    });
  });

  it('stops when it is told to', async () => {
    const file = await fileOf(buildBmodel());
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(checkWeights(file, await readBmodel(file), stopped)).rejects.toThrow();
  });
});
