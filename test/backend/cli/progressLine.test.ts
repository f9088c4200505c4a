import { describe, expect, it } from 'vitest';
import { ProgressLine, describeProgress } from '../../../backend/cli/progressLine.ts';
import { formatBytes, formatCount, formatDuration } from '../../../backend/cli/units.ts';

function setUp(terminal: { isTTY?: boolean; columns?: number }) {
  const writes: string[] = [];
  let time = 0;
  const line = new ProgressLine({ ...terminal, write: (text) => writes.push(text) }, () => time);
  const at = (ms: number, doneBytes: number, totalBytes = 1000): void => {
    time = ms;
    line.update({ step: 'Downloading m', doneBytes, totalBytes });
  };
  return { writes, line, at };
}

describe('ProgressLine', () => {
  it('rewrites one line on a terminal, ten times a second', () => {
    const { writes, line, at } = setUp({ isTTY: true });
    for (let ms = 0; ms <= 1000; ms += 10) at(ms, ms / 2);
    expect(writes).toHaveLength(11);
    expect(writes.at(-1)).toBe(
      '\r\x1b[KDownloading m: 500 bytes of 1.0 kB (50 %), 500 bytes/s, 1 s left',
    );
    line.note('Something.');
    line.clear();
    expect(writes.slice(11)).toEqual(['\r\x1b[K', 'Something.\n']);
  });

  it('never wraps', () => {
    const { writes, at } = setUp({ isTTY: true, columns: 20 });
    at(0, 1);
    expect(writes[0]).toBe('\r\x1b[KDownloading m: 1 by');
  });

  it('writes a line at each step and every 15 s elsewhere', () => {
    const { writes, line, at } = setUp({});
    for (let ms = 0; ms <= 31_000; ms += 100) at(ms, ms / 100);
    line.update({ step: 'Checking the model' });
    line.clear();
    expect(writes).toEqual([
      'Downloading m: 0 bytes of 1.0 kB (0 %)\n',
      'Downloading m: 150 bytes of 1.0 kB (15 %), 10 bytes/s, 1 min 25 s left\n',
      'Downloading m: 300 bytes of 1.0 kB (30 %), 10 bytes/s, 1 min 10 s left\n',
      'Checking the model\n',
    ]);
  });

  it('takes the rate from the last seconds, not from what was on the disk before', () => {
    const { writes, at } = setUp({ isTTY: true });
    at(0, 500);
    at(1000, 501);
    expect(writes.at(-1)).toContain(', 1 bytes/s, 8 min 19 s left');
    at(20_000, 600);
    at(21_000, 700);
    expect(writes.at(-1)).toContain(', 100 bytes/s, 3 s left');
  });
});

describe('describeProgress', () => {
  it.each([
    [{ step: 'Waiting' }, undefined, 'Waiting'],
    [{ step: 'A', doneBytes: 5 }, undefined, 'A: 5 bytes'],
    [{ step: 'A', doneBytes: 5 }, 10, 'A: 5 bytes, 10 bytes/s'],
    [{ step: 'A', doneBytes: 5, totalBytes: 5 }, 10, 'A: 5 bytes of 5 bytes (100 %), 10 bytes/s'],
    [{ step: 'A', doneBytes: 0, totalBytes: 9 }, 0, 'A: 0 bytes of 9 bytes (0 %)'],
  ])('says %j at %s bytes/s', (progress, rate, text) => {
    expect(describeProgress(progress, rate)).toBe(text);
  });
});

describe('units', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [98_362_432, '98 MB'],
    [999_600_000, '1.0 GB'],
    [1.12e9, '1.1 GB'],
    [12.5e12, '13 TB'],
    [5e15, '5000 TB'],
  ])('formats %i bytes', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [12, '12'],
    [134_515_008, '135M'],
    [1_543_714_304, '1.5B'],
  ])('formats a count of %i', (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [1, '1 s'],
    [59_001, '1 min 0 s'],
    [3_600_000, '1 h 0 min'],
    [7_500_000, '2 h 5 min'],
  ])('formats %i ms', (ms, text) => expect(formatDuration(ms)).toBe(text));
});
