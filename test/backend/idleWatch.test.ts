import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { IdleWatch } from '../../backend/idleWatch.ts';
import { startBackend } from '../support/startBackend.ts';

describe('IdleWatch', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watch(afterMs: number | undefined) {
    const state = { used: false, idle: 0 };
    const watched = new IdleWatch(
      afterMs,
      () => state.used,
      () => state.idle++,
    );
    return { state, watched };
  }

  it('tells once, after the time without use', () => {
    const { state, watched } = watch(1000);
    watched.changed();
    vi.advanceTimersByTime(999);
    expect(state.idle).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(state.idle).toBe(1);
  });

  it('begins anew at each change, and not while it is used', () => {
    const { state, watched } = watch(1000);
    watched.changed();
    vi.advanceTimersByTime(900);
    state.used = true;
    watched.changed();
    vi.advanceTimersByTime(5000);
    expect(state.idle).toBe(0);
    state.used = false;
    watched.changed();
    vi.advanceTimersByTime(999);
    expect(state.idle).toBe(0);
    vi.advanceTimersByTime(1);
    expect(state.idle).toBe(1);
  });

  it('asks once more before it tells', () => {
    const { state, watched } = watch(1000);
    watched.changed();
    state.used = true;
    vi.advanceTimersByTime(1000);
    expect(state.idle).toBe(0);
  });

  it.each([
    ['without a time', undefined, false],
    ['when it is closed', 1000, true],
  ])('never tells %s', (_, afterMs, close) => {
    const { state, watched } = watch(afterMs);
    if (close) watched.close();
    watched.changed();
    vi.advanceTimersByTime(1e9);
    expect(state.idle).toBe(0);
  });
});

describe('a backend with idleExitMinutes', () => {
  it('asks to be stopped when nobody comes', async () => {
    const { backend } = await startBackend({ config: { idleExitMinutes: 0.001 } });
    await backend.stopRequested;
  });

  it('asks to be stopped when its last client has gone', async () => {
    const { backend, target } = await startBackend({ config: { idleExitMinutes: 0.05 } });
    const client = await BackendClient.connect(target);
    await client.close();
    await backend.stopRequested;
  });
});
