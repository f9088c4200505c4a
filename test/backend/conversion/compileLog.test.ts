import { describe, expect, it } from 'vitest';
import { CompileLog } from '../../../backend/conversion/compileLog.ts';
import { Pace } from '../../../backend/conversion/pace.ts';

/** What tpu-mlir 1.30.2 prints of a net that is right, shortened. */
const sound = [
  '2026/11/22 18:03:36 - INFO : TPU-MLIR v1.30.2-20260831',
  "[Success] Create config file 'block_0.layer_group_config.json'.",
  '[Running]: tpuc-opt block_0.mlir --convert-top-to-tpu="x" -o a.mlir',
  'bmcpu init: skip cpu_user_defined',
  'Cannot open libusercpu.so, disable user cpu layer.',
  '[Success]: tpuc-opt block_0.mlir --convert-top-to-tpu="x" -o a.mlir',
  '[Running]: tpuc-opt a.mlir --layer-group="opt=2" -o b.mlir',
  'Can not open hash file from all available paths:',
  '[#####] 100%',
  '[Success]: tpuc-opt a.mlir --layer-group="opt=2" -o b.mlir',
  '[Running]: tpuc-opt b.mlir --codegen="model_file=block_0.bmodel" -o /dev/null',
  '[Success]: tpuc-opt b.mlir --codegen="model_file=block_0.bmodel" -o /dev/null',
  '[Running]: mv net_0.profile block_0.bmodel.net_0.profile',
  '[Success]: mv net_0.profile block_0.bmodel.net_0.profile',
];

function problemOf(lines: readonly string[]): string | undefined {
  const log = new CompileLog();
  for (const line of lines) log.add(line);
  return log.problem;
}

describe('CompileLog', () => {
  it('has nothing against a net that was compiled', () => {
    expect(problemOf(sound)).toBeUndefined();
  });

  it.each([
    'ToPPL frontend pass failed',
    'loc("insert"): error: failed to legalize operation ppl.ptr_cast',
    'ASSERT info: weight is not divisible',
    'UNREACHABLE executed at TensorFile.cpp:287!',
    'Traceback (most recent call last):',
    'terminate called after throwing: what():  std::bad_alloc',
    'Segmentation fault (core dumped)',
    '[BMRT][load:1] FATAL: it is over',
  ])('does not trust a net of which the compiler said %s', (line) => {
    expect(problemOf([...sound, line])).toBe(line);
  });

  it('does not trust a net of which a pass has no end', () => {
    expect(problemOf(sound.slice(0, 9))).toContain('tpuc-opt a.mlir');
    expect(problemOf(sound.slice(0, 10))).toBe('only 2 of its 3 passes were seen to end');
    expect(problemOf([])).toContain('only 0');
  });
});

describe('Pace', () => {
  it('goes on evenly, and tells what is left once it can', () => {
    let now = 0;
    const pace = new Pace(() => now);
    expect(pace.at('lower', 0)).toEqual({ fraction: 0.03, secondsLeft: undefined });
    now = 12_000;
    const { fraction, secondsLeft } = pace.at('lower', 1);
    expect(fraction).toBeCloseTo(0.15);
    expect(secondsLeft).toBe(85);
    expect(pace.at('finish', 1).fraction).toBeLessThan(1);
  });

  it('does not count what was done before', () => {
    let now = 0;
    const pace = new Pace(() => now);
    pace.at('compile', 0);
    pace.restart();
    expect(pace.at('compile', 0.5).secondsLeft).toBeUndefined();
    now = 10_000;
    expect(pace.at('compile', 0.75).secondsLeft).toBe(14);
  });
});
