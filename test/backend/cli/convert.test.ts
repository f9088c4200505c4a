import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerConvertCommand } from '../../../backend/cli/convert.ts';
import { registerJobCommands } from '../../../backend/cli/job.ts';
import { describeProgress } from '../../../backend/cli/progressLine.ts';
import { run } from '../../../backend/cli/run.ts';
import { ConversionPlan } from '../../../backend/protocol/conversion.ts';
import { JobInfo } from '../../../backend/protocol/jobs.ts';
import { toolchainLayout } from '../../../backend/toolchain/layout.ts';
import { CommandOutput } from '../../support/commandOutput.ts';
import { startBackend } from '../../support/startBackend.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { makeTinyModel } from '../../support/tinyModel.ts';
import { placeProgram } from '../../support/placeProgram.ts';

function start(home: string, ...args: string[]) {
  const output = new CommandOutput(home);
  const code = run(args, output.io, (program) => {
    registerConvertCommand(program, output.io);
    registerJobCommands(program, output.io);
  });
  return { output, code };
}

async function call(home: string, ...args: string[]) {
  const { output, code } = start(home, ...args);
  return { code: await code, stdout: output.stdout.text, stderr: output.stderr.text };
}

async function setUp() {
  const folder = await temporaryFolder();
  const source = path.join(folder, 'tiny');
  await makeTinyModel(source);
  return { source, home: path.join(folder, 'home') };
}

/** A compiler that says something and never ends. */
async function placeEndlessCompiler(home: string): Promise<void> {
  const layout = toolchainLayout(home);
  await mkdir(layout.root, { recursive: true });
  await placeProgram(layout.python, 'console.log("at work"); setInterval(() => {}, 1000);');
  const checked = { at: 'now', lock: 'x', programs: [] };
  await writeFile(layout.state, JSON.stringify({ folder: layout.root, choice: {}, checked }));
}

describe('tpu-pilot convert', () => {
  it.each([
    [['--keep-high', '3,x'], '3,7-9'],
    [['--keep-high', '9-3'], '3,7-9'],
    [['--keep-high', '1024'], '0 to 1023'],
    [['--num-device', '3'], '1, 2, 4 or 8'],
    [['--quantize', 'int8'], 'w8bf16'],
    [['--target', 'bm1690'], 'bm1684x'],
    [['--seq-length', '0'], 'whole number'],
  ])('%j is wrong usage', async (args, part) => {
    const { code, stderr } = await call(await temporaryFolder(), 'convert', 'm', ...args);
    expect([code, stderr.includes(part)]).toEqual([2, true]);
  });

  it('tells with --dry-run what would be made, and that the compiler is missing', async () => {
    const { source, home } = await setUp();
    await startBackend({ home });
    const args = ['convert', source, '--dry-run', '--seq-length', '128', '--keep-high', '0-1'];
    const shown = await call(home, ...args);
    expect(shown.code).toBe(1);
    expect(shown.stdout).toMatch(/To compile: +15 nets/);
    expect(shown.stdout).toMatch(/In 16 bits: layers 0, 1/);
    expect(shown.stderr).toContain('The compiler is not installed');
    expect(shown.stderr).toContain('"tpu-pilot toolchain install"');
    const { stdout } = await call(home, ...args, '--prefill', 'static', '--json');
    const { options, problems } = ConversionPlan.parse(JSON.parse(stdout));
    expect(options).toMatchObject({ prefill: 'static', hasPrefixReuse: false, keepHigh: [0, 1] });
    expect(problems.map(({ code }) => code)).toEqual([1601]);
  });

  it('does not begin what cannot end well', async () => {
    const { source, home } = await setUp();
    await startBackend({ home });
    const { code, stderr } = await call(home, 'convert', source, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 1601, name: 'toolchainMissing' } });
    expect((await call(home, 'job', 'list')).stdout).toBe('No jobs.\n');
  });

  it('is cancelled by Ctrl+C, says how to go on, and shows in the list with its log', async () => {
    const { source, home } = await setUp();
    await placeEndlessCompiler(home);
    await startBackend({ home });
    const { output, code } = start(home, 'convert', source);
    await output.stderr.until('Making the graphs');
    output.interrupt();
    expect(await code).toBe(1);
    expect(output.stderr.text).toContain('tpu-pilot job resume convert-1');
    const listed: unknown = JSON.parse((await call(home, 'job', 'list', '--json')).stdout);
    const [job] = (listed as { jobs: unknown[] }).jobs;
    expect(JobInfo.parse(job)).toMatchObject({ state: 'cancelled', isResumable: true });
    expect((await call(home, 'job', 'list')).stdout).toMatch(
      /convert-1 +cancelled .* Convert tiny/,
    );
    expect((await call(home, 'job', 'log', 'convert-1')).stdout).toMatch(/^> graphs: lower\.py/);

    const again = start(home, 'job', 'resume', 'convert-1');
    await again.output.stderr.until('Making the graphs');
    const cancel = await call(home, 'job', 'cancel', 'convert-1');
    expect(cancel.stdout).toBe('convert-1: Convert tiny\n');
    expect(await again.code).toBe(1);
    expect((await call(home, 'job', 'resume', 'none')).stderr).toContain('There is no job none');
  }, 60_000);
});

describe('progress that is counted in steps', () => {
  it('shows a percentage, and the time that is left once it is known', () => {
    const step = 'Compiling block_3';
    expect(describeProgress({ step, fraction: 0.469 }, undefined)).toBe(`${step}: 46 %`);
    expect(describeProgress({ step, fraction: 0.5, secondsLeft: 200 }, undefined)).toBe(
      `${step}: 50 %, 3 min 20 s left`,
    );
  });
});
