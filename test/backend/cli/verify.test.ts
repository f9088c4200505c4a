import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../../backend/cli/run.ts';
import { registerVerifyCommand } from '../../../backend/cli/verify.ts';
import { describeVerification } from '../../../backend/cli/verifyText.ts';
import { buildBmodel } from '../../support/bmodelFile.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { startBackend } from '../../support/startBackend.ts';
import { makeComparison, makeVerificationReport } from '../../support/verificationReport.ts';

describe('a verification in words', () => {
  const text = describeVerification(makeVerificationReport());

  it('has the worst tensors first', () => {
    const [head, first] = text.split('\n');
    expect(head).toMatch(/^NET +TENSOR +COSINE +EUCLIDEAN +SQNR dB +ERROR +NAN\/INF$/);
    expect(first).toMatch(
      /^block_cache_3 +k_cache +0\.00000 +-1\.0000 +0\.0 +5\.81 +64\/0 +FAILS$/,
    );
    expect(text).toContain('18 more, all better.');
  });

  it('says what is the matter, and what would help', () => {
    expect(text).toContain('block_cache_3: it never writes k_cache, v_cache');
    expect(text).toContain('sample_head: its process was ended by SIGSEGV');
    expect(text).toContain('block_2 output_states, channel 61: 48.5, 19 times the median channel');
    expect(text).toContain('token 3 of 8 differs');
    expect(text).toContain('3.42 less likely in logits: no near tie FAILS');
    expect(text).toContain('0.0110 less likely in logits: a near tie\n');
    expect(text).toMatch(/qwen3-tiny-w4bf16 FAILS: 38 tensors of 15 nets \(cosine 0\.98, .* 49 s/);
    expect(text).toMatch(/convert with --keep-high 2$/);
  });

  it('is short when all is well', () => {
    const tensors = [makeComparison()];
    const report = makeVerificationReport({
      ...{ passed: true, greedy: [], notes: [], keepHigh: undefined },
      subModels: [{ name: 'block_0', layer: 0, passed: true, tensors }],
    });
    const lines = describeVerification(report).split('\n');
    expect(lines[1]).toMatch(/^block_0 +output_states .* ok$/);
    expect(lines.at(-1)).toMatch(/is faithful: 1 tensors of 1 nets/);
  });
});

describe('tpu-pilot verify', () => {
  async function verify(home: string, ...args: string[]) {
    const { io, stdout, stderr } = new CommandOutput(home);
    const code = await run(['verify', ...args], io, (program) =>
      registerVerifyCommand(program, io),
    );
    return { code, stdout: stdout.text, stderr: stderr.text };
  }

  it.each([
    ['a model that is not there', ['nobody'], 'no model named nobody'],
    ['a card, when there is none', ['nobody', '--on', 'card'], 'no card to verify on'],
  ])('refuses %s', async (_name, args, message) => {
    const { home } = await startBackend();
    const { code, stdout, stderr } = await verify(home, ...args);
    expect([code, stdout]).toStrictEqual([1, '']);
    expect(stderr).toContain(message);
  });

  it('names a file that is cut short, and the remedy', async () => {
    const { home } = await startBackend();
    const file = path.join(home, 'short.bmodel');
    await writeFile(file, buildBmodel().subarray(0, -1));
    const { code, stderr } = await verify(home, file);
    expect(code).toBe(1);
    expect(stderr).toContain(`${file} is damaged: it is cut short`);
    expect(stderr).toContain('convert the model again');
  });

  it('says when the compiler is missing', async () => {
    const { home } = await startBackend();
    const file = path.join(home, 'sound.bmodel');
    await writeFile(file, buildBmodel());
    const { stderr } = await verify(home, file, '--json');
    expect(stderr).toContain('"message":"The compiler is not installed');
  });

  it.each([
    ['--layers', '3-1'],
    ['--threshold', '2'],
    ['--on', 'gpu'],
  ])('takes %s %s for wrong usage', async (...option) => {
    expect((await verify('/nowhere', 'm', ...option)).code).toBe(2);
  });
});
