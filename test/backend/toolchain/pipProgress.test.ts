import { describe, expect, it } from 'vitest';
import { PipProgress } from '../../../backend/toolchain/pipProgress.ts';

/** What pip 26 prints for one wheel, shortened. */
const printed = `Collecting torch==2.4.1 (from -r requirements.txt (line 1))
  Downloading torch-2.4.1-cp310-cp310-manylinux1_x86_64.whl.metadata (26 kB)
Downloading torch-2.4.1-cp310-cp310-manylinux1_x86_64.whl (797.1 MB)
Progress 0 of 800
Progress 300 of 800
Installing collected packages: torch
Successfully installed torch-2.4.1`.split('\n');

function reportsOf(lines: readonly string[], files: readonly string[]): [string, number][] {
  const reports: [string, number][] = [];
  const packages = files.map((file) => {
    return { name: 'x', version: '1', file, bytes: 800, sha256: '' };
  });
  const progress = new PipProgress('torch 2.4.1', packages, (step, bytes) =>
    reports.push([step, bytes]),
  );
  for (const line of lines) progress.take(line);
  return reports;
}

describe('the progress of pip', () => {
  it('is told in bytes, then as unpacking', () => {
    const file = 'torch-2.4.1-cp310-cp310-manylinux1_x86_64.whl';
    const reports = reportsOf(printed, [file]);
    expect(reports).toContainEqual(['Downloading torch 2.4.1', 300]);
    expect(reports.at(-1)).toStrictEqual(['Unpacking torch 2.4.1', 800]);
  });

  it('adds up the wheels of a batch, and never goes back', () => {
    const lines = [
      'Downloading https://mirror.example/a/a-1-py3-none-any.whl (1 kB)',
      'Progress 700 of 800',
      'Progress 800 of 800',
      'Downloading https://mirror.example/b/b-1%2Bcpu-py3-none-any.whl',
      'Progress 10 of 800',
      'Installing collected packages: a, b',
    ];
    const reports = reportsOf(lines, ['a-1-py3-none-any.whl', 'b-1+cpu-py3-none-any.whl']);
    const bytes = reports.map(([, done]) => done);
    expect(bytes).toStrictEqual([0, 700, 800, 800, 810, 1600]);
  });

  it('takes no other line for progress', () => {
    expect(reportsOf(['Progress 1 of', 'WARNING: Retrying', ''], ['a.whl'])).toStrictEqual([]);
  });
});
