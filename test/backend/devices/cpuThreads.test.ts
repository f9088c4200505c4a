import { describe, expect, it } from 'vitest';
import {
  afterStep,
  initialThreads,
  type ThreadPolicy,
} from '../../../backend/devices/cpuThreads.ts';

/** Step time in ms on so many free cores: shared work, and a collapse when threads must wait. */
function stepMs(threads: number, freeCores: number): number {
  const shared = 20 * (0.15 + 0.85 / Math.min(threads, freeCores));
  return threads > freeCores ? shared * (1 + 3 * (threads - freeCores)) : shared;
}

/** A repeatable uniform number in [0, 1). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Noise as of a real machine: 15 % either way, and now and then a step that was interrupted. */
function simulate(policy: ThreadPolicy, freeCores: number, steps: number, noise = random(1)) {
  let current = policy;
  let totalMs = 0;
  let changes = 0;
  for (let i = 0; i < steps; i++) {
    const factor = (0.85 + 0.3 * noise()) * (noise() < 0.02 ? 1.8 : 1);
    const durationMs = stepMs(current.threads, freeCores) * factor;
    totalMs += durationMs;
    const next = afterStep(current, { tokens: 1, durationMs });
    if (next.threads !== current.threads) changes++;
    current = next;
  }
  return { policy: current, meanMs: totalMs / steps, changes };
}

function after(policy: ThreadPolicy, durations: readonly number[], tokens = 1): ThreadPolicy {
  return durations.reduce((p, durationMs) => afterStep(p, { tokens, durationMs }), policy);
}

const steady = (ms: number, steps: number): number[] => Array.from({ length: steps }, () => ms);

describe('initialThreads', () => {
  it.each([
    [1, 1],
    [2, 1],
    [4, 3],
    [16, 15],
  ])('on %d cores begins with %d', (cores, threads) => {
    expect(initialThreads(cores).threads).toBe(threads);
  });
});

describe('afterStep', () => {
  it('never changes a single thread', () => {
    expect(simulate(initialThreads(2), 1, 500).changes).toBe(0);
  });

  it.each([
    [8, 8, 7],
    [8, 3, 3],
    [4, 1, 1],
    [16, 8, 8],
    [32, 12, 12],
  ])('on %d cores of which %d are free comes near the best', (cores, free, best) => {
    const { policy } = simulate(initialThreads(cores), free, 1500);
    const tail = simulate(policy, free, 1500, random(2));
    expect(tail.meanMs).toBeLessThan(1.15 * stepMs(best, free));
  });

  it('gives way when the machine becomes busy, and comes back when it is free', () => {
    const quiet = simulate(initialThreads(8), 7, 1000);
    expect(quiet.policy.trial?.from ?? quiet.policy.threads).toBe(7);
    const busy = simulate(quiet.policy, 2, 1000);
    expect(busy.policy.trial?.from ?? busy.policy.threads).toBe(2);
    const free = simulate(busy.policy, 7, 4000);
    expect(free.policy.trial?.from ?? free.policy.threads).toBeGreaterThanOrEqual(5);
  });

  it('costs next to nothing where it can gain nothing', () => {
    const { meanMs, changes } = simulate(initialThreads(8), 7, 5000);
    expect(changes).toBeLessThan(30);
    expect(meanMs).toBeLessThan(1.03 * stepMs(7, 7));
  });

  it('reacts to two slow steps, not to one', () => {
    const failedTrial = after(initialThreads(8), [...steady(10, 7), 16]);
    const known = after(failedTrial, steady(10, 7));
    expect(after(known, [60])).toMatchObject({ threads: 7, trial: undefined });
    expect(after(known, [60, 10, 60])).toMatchObject({ threads: 7, trial: undefined });
    expect(after(known, [60, 60]).threads).toBeLessThan(7);
  });

  it('ends a trial that is hopeless after one step, and goes back', () => {
    const trying = after(initialThreads(8), steady(10, 7));
    expect(trying.trial).toMatchObject({ from: 7 });
    expect(after(trying, [16])).toMatchObject({ threads: 7, trial: undefined });
  });

  it('does not keep what is only a little faster', () => {
    const trying = after(initialThreads(8), steady(10, 7));
    expect(after(trying, steady(9.5, 3)).threads).toBe(7);
    expect(after(trying, steady(8.5, 3)).threads).toBe(trying.threads);
  });

  it('forgets what it measured when the load changes', () => {
    const trying = after(initialThreads(8), steady(10, 7));
    const changed = after(trying, [100], 2);
    expect(changed).toMatchObject({ threads: 7, trial: undefined, tokens: 2 });
  });

  it('pays no heed to prefill', () => {
    const measured = after(initialThreads(8), steady(10, 5));
    expect(after(measured, steady(500, 20), 256)).toBe(measured);
  });
});
