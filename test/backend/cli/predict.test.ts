import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerModelCommands } from '../../../backend/cli/model.ts';
import { registerPredictCommand } from '../../../backend/cli/predict.ts';
import { run } from '../../../backend/cli/run.ts';
import { Prediction } from '../../../backend/protocol/prediction.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { buildGguf } from '../../support/ggufFile.ts';
import { configOf } from '../../support/modelShapes.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

async function setUp(name = 'config.json', content = configText('Qwen3-8B')) {
  const home = await temporaryFolder();
  const file = path.join(home, name);
  await writeFile(file, content);
  const model = async (...args: string[]) => {
    const { io, stdout, stderr } = new CommandOutput(home);
    const code = await run(['model', ...args], io, (program) => registerModelCommands(program, io));
    return { code, out: stdout.text, err: stderr.text };
  };
  const predict = async (...args: string[]) => {
    const { io, stdout, stderr } = new CommandOutput(home);
    const code = await run(['predict', ...args], io, (program) =>
      registerPredictCommand(program, io),
    );
    return { code, out: stdout.text, err: stderr.text };
  };
  return { home, file, model, predict };
}

function configText(name: Parameters<typeof configOf>[0]): string | Buffer {
  return JSON.stringify(configOf(name));
}

describe('tpu-pilot model predict', () => {
  it('says for people whether it fits, how soon it answers and how fast', async () => {
    const { file, model } = await setUp();
    const { code, out } = await model('predict', file, '--quantize', 'w4bf16');
    expect(code).toBe(0);
    expect(out).toContain('Model:      qwen3, 36 layers, 8.2B\n');
    expect(out).toContain('Build:      w4bf16, groups of 64\n');
    expect(out).toContain('Length:     2048 of 32768 tokens, 1 slot\n');
    expect(out).toMatch(/Fits: {7}yes, 6\.\d\d GB \(at most 6\.\d\d GB\) of 15\.39 GB\n/u);
    expect(out).toMatch(/\nKV of a token +147 kB\n/u);
    expect(out).toMatch(/\n512 tokens +\d+ \(\d+ to \d+\) ms +\d+ \(\d+ to \d+\) ms\n/u);
    const rate = / +\d+\.\d \(\d+\.\d to \d+\.\d\)/u.source;
    expect(out).toMatch(new RegExp(`\n2048 tokens of KV${rate}${rate} +\\d+ ms +\\d\\d %\n`, 'u'));
    expect(out).toContain('Figures:    estimated by formula\n');
    expect(out).toContain('- This is computed, not measured');
  });

  it('takes a folder and every option, and prints JSON', async () => {
    const { home, model } = await setUp();
    const options = ['--quantize', 'w8f16', '--group-size', '128', '--symmetric', '--slots', '4'];
    const more = ['--seq-length', '1024', '--chunk-length', '512', '--embedding-disk', '--json'];
    const { out } = await model('predict', home, ...options, ...more);
    expect(Prediction.parse(JSON.parse(out)).build).toEqual({
      quantization: 'w8f16',
      groupSize: 128,
      isSymmetric: true,
      sequenceLength: 1024,
      chunkLength: 512,
      prefill: 'dynamic',
      hasPrefixReuse: true,
      slots: 4,
      isEmbeddingOnDisk: true,
      devices: 1,
      highLayers: 0,
    });
  });

  it('is a command of its own too, which takes a config.json by that name', async () => {
    const { file, model, predict } = await setUp();
    const options = ['--keep-high', '0,3-5,35', '--num-device', '2', '--no-prefix-reuse'];
    const more = ['--max-input-length', '512', '--estimate', '--json'];
    const { code, out } = await predict('--config', file, ...options, ...more);
    expect(code).toBe(0);
    expect(Prediction.parse(JSON.parse(out)).build).toMatchObject({
      highLayers: 5,
      devices: 2,
      hasPrefixReuse: false,
      chunkLength: 512,
    });
    expect((await model('predict', file, ...options, ...more)).out).toBe(out);
  });

  it('estimates where there is no compiler, and says so; --compile insists', async () => {
    const { file, predict } = await setUp();
    const best = await predict(file);
    expect(best.code).toBe(0);
    expect(best.err).toContain('This is estimated, for the compiler is not installed.\n');
    const slots = await predict(file, '--slots', '4');
    expect(slots.err).toContain('This is estimated, for the compiler knows one slot only.\n');
    const compiled = await predict(file, '--compile');
    expect(compiled.code).toBe(1);
    expect(compiled.err).toContain('Install it with "tpu-pilot toolchain install".');
    expect(compiled.out).toBe('');
  });

  it.each([
    [[]],
    [['a', '--config', 'b']],
    [['a', '--compile', '--estimate']],
    [['a', '--keep-high', '5-3']],
    [['a', '--keep-high', 'all']],
    [['a', '--num-device', '3']],
  ])('is used wrongly with %j', async (args) => {
    const { predict } = await setUp();
    expect((await predict(...args)).code).toBe(2);
  });

  it('says what would fit', async () => {
    const { file, model } = await setUp('config.json', configText('Qwen2.5-14B'));
    const { code, out } = await model('predict', file);
    expect(code).toBe(0);
    expect(out).toMatch(
      /Fits: {7}no, 17\.\d\d GB \(at most 17\.\d\d GB\), and the chip has 15\.39 GB\n/u,
    );
    expect(out).toContain('Longest:    none\n');
    expect(out).toContain('Would fit:  --quantize w4bf16, or --num-device 2\n');
  });

  it('finds a model of the store by its name', async () => {
    const { file, model } = await setUp('m.gguf', buildGguf());
    expect((await model('add', file, '--alias', 'mine')).code).toBe(0);
    const { code, err } = await model('predict', 'mine', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(err)).toMatchObject({
      error: { name: 'modelInvalid', message: expect.stringContaining(file) as string },
    });
  });

  it.each([
    [['--seq-length', '40000'], 1, 'beyond the 32768 tokens of the model'],
    [['--group-size', '96'], 1, 'the group size 96 does not divide'],
    [['--quantize', 'int8'], 2, 'Allowed choices are w8bf16, w8f16, w4bf16'],
    [['--slots', '33'], 2, 'from 1 to 32'],
    [['--prefill', 'both'], 2, 'Allowed choices are static, dynamic'],
  ])('refuses %j', async (options, expected, reason) => {
    const { file, model } = await setUp();
    const { code, err } = await model('predict', file, ...options);
    expect(code).toBe(expected);
    expect(err).toContain(reason);
  });

  it('names a source that is not there, with a remedy', async () => {
    const { model } = await setUp();
    const { code, err } = await model('predict', 'none');
    expect(code).toBe(1);
    expect(err).toContain('"none" is not a model source: there is no such file or folder\nUse hf:');
  });
});

describe('tpu-pilot model info FILE.bmodel', () => {
  it('tells the nets, shapes, stages, chip and sizes', async () => {
    const { file, model } = await setUp('m.bmodel', buildBmodel());
    const { code, out } = await model('info', file);
    expect(code).toBe(0);
    expect(out).toContain('Chip:          BM1684X\n');
    expect(out).toContain('Version:       B.2.2+v1.30.2\n');
    expect(out).toContain('Weights:       96 bytes\n');
    expect(out).toMatch(/\nNET +STAGES +KIND +WEIGHTS +INPUTS +OUTPUTS\n/u);
    expect(out).toMatch(
      /\nblock_cache_0 +2 +static, io alone +96 bytes +bf16\[1,1,64\] bf16\[1,64,2,32\] +bf16\[1,64\]\n$/u,
    );
    expect(out).not.toContain('Checked');
  });

  it('checks its weights when asked to', async () => {
    const bytes = buildBmodel();
    const { file, model } = await setUp('m.bmodel', bytes);
    const sound = await model('info', file, '--check', '--json');
    expect(JSON.parse(sound.out)).toMatchObject({ check: { checkedBytes: 96, uncheckedBytes: 0 } });
    bytes[bytes.indexOf(Buffer.alloc(96, 3))] = 4;
    await writeFile(file, bytes);
    const { code, err } = await model('info', file, '--check');
    expect(code).toBe(1);
    expect(err).toContain('m.bmodel is not a usable model: the weights of net "block_0"');
  });

  it.each<[string, string | Buffer, string]>([
    ['of another chip', buildBmodel({ chip: 'BM1688' }), 'built for the chip BM1688'],
    ['cut short', buildBmodel().subarray(0, 900), 'it is cut short'],
    ['of another format', 'text'.repeat(30), 'does not begin as a bmodel does'],
  ])('refuses one %s, by name', async (_, content, reason) => {
    const { file, model } = await setUp('m.bmodel', content);
    const { code, err } = await model('info', file);
    expect(code).toBe(1);
    expect(err).toMatch(/^tpu-pilot: m\.bmodel is /u);
    expect(err).toContain(reason);
    expect(err.trim().split('\n')).toHaveLength(2);
  });

  it('refuses one that is not there', async () => {
    const { model } = await setUp();
    const { code, err } = await model('info', 'none.bmodel');
    expect(code).toBe(1);
    expect(err).toContain('there is no such file or folder');
  });
});
