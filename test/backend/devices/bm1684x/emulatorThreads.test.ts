import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineRest, firstOf } from '../../../../backend/devices/bm1684x/emulatorThreads.ts';

it.each([
  ['the first of all', [0xff, 0x0f], [0x01, 0]],
  ['the first of those allowed', [0, 0xb0, 0xff], [0, 0x10, 0]],
  ['none of none', [0, 0], [0, 0]],
])('finds %s processors', (_what, mask, first) => {
  expect([...firstOf(Uint8Array.from(mask))]).toEqual(first);
});

describe('the emulator’s engines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('share one processor while there is no work, and have theirs again when there is', () => {
    const moved: string[] = [];
    const sched = {
      sched_getaffinity: (_thread: number, _bytes: number, mask: Uint8Array) => (mask[0] = 0x0e),
      sched_setaffinity: (thread: number, _bytes: number, mask: Uint8Array) =>
        moved.push(`${thread} to ${mask[0]}`),
    };
    const rest = new EngineRest(sched, [7, 8]);
    rest.working();
    vi.advanceTimersByTime(60_000);
    expect(moved).toEqual([]);
    rest.done();
    vi.advanceTimersByTime(1_000);
    rest.working();
    rest.done();
    vi.advanceTimersByTime(1_999);
    expect(moved).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(moved.splice(0)).toEqual(['7 to 2', '8 to 2']);
    rest.working();
    expect(moved.splice(0)).toEqual(['7 to 14', '8 to 14']);
    rest.done();
    rest.end();
    vi.advanceTimersByTime(60_000);
    expect(moved).toEqual([]);
  });
});
