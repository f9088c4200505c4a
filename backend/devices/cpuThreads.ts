/**
 * How many threads a step gets. The library's threads wait for each other by spinning, so with more
 * of them than free cores a step takes up to thirty times as long (measured: 2 threads, 4 busy
 * processes). How many are free changes by the minute, so the policy goes by the time of the steps:
 * now and then it tries another number for a few steps, and stays with it when it is clearly faster.
 *
 * Pure functions over plain values; durations in ms.
 */

export interface ThreadPolicy {
  /** For the next step. */
  readonly threads: number;
  readonly max: number;
  /** Tokens of the steps that are being compared: only like is compared with like. */
  readonly tokens: number;
  /** The last steps with the number that is in use. */
  readonly usual: readonly number[];
  /** What such a step should take at most; also when the last steps were of another size. */
  readonly expectedMs: number;
  readonly trial: Trial | undefined;
  /** Steps until the next trial. */
  readonly wait: number;
  /** Steps between trials; grows while trials fail. */
  readonly interval: number;
  /** Whether the next trial is with more threads. */
  readonly up: boolean;
}

interface Trial {
  /** What to go back to. */
  readonly from: number;
  readonly durations: readonly number[];
}

export interface StepSample {
  /** Tokens that the step appended, over all slots. */
  readonly tokens: number;
  readonly durationMs: number;
}

/** Steps remembered, and steps of a trial. Odd, for a median. */
const USUAL = 7;
const TRIAL = 3;
const FIRST_INTERVAL = 32;
const LAST_INTERVAL = 1024;
/** A trial must be faster by this much, and ends at once when it is slower by that. */
const BETTER = 0.9;
const HOPELESS = 1.5;
/** A step this much slower than usual, and the one after it, call for fewer threads soon. */
const SUDDEN = 2;
/** Larger steps are prefill: they come in all sizes. */
const MOST_TOKENS = 64;

/** @param cores of this machine: one is left to everything else, if there are two */
export function initialThreads(cores: number): ThreadPolicy {
  const max = Math.max(1, cores - 1);
  return {
    threads: max,
    max,
    tokens: 0,
    usual: [],
    expectedMs: Infinity,
    trial: undefined,
    wait: 0,
    interval: FIRST_INTERVAL,
    up: false,
  };
}

/** What follows from one more step. */
export function afterStep(policy: ThreadPolicy, sample: StepSample): ThreadPolicy {
  if (policy.max === 1 || sample.tokens > MOST_TOKENS) return policy;
  if (sample.tokens !== policy.tokens) return restarted(policy, sample);
  return policy.trial === undefined
    ? afterUsual(policy, sample.durationMs)
    : afterTrial(policy, policy.trial, sample.durationMs);
}

/** The load has changed: steps can no longer be compared, but the bound on their time can. */
function restarted(policy: ThreadPolicy, { tokens, durationMs }: StepSample): ThreadPolicy {
  const threads = policy.trial?.from ?? policy.threads;
  const counted = threads === policy.threads;
  return {
    ...policy,
    threads,
    tokens,
    usual: counted ? [durationMs] : [],
    // n tokens together take no longer than n steps of one.
    expectedMs: policy.expectedMs * Math.max(1, tokens / policy.tokens),
    trial: undefined,
  };
}

function afterUsual(policy: ThreadPolicy, durationMs: number): ThreadPolicy {
  const last = policy.usual.at(-1) ?? 0;
  const sudden = Math.min(last, durationMs) > SUDDEN * policy.expectedMs;
  if (sudden && policy.threads > 1) {
    // So slow that half the threads show it clearly, whatever the noise.
    const halved = Math.floor(policy.threads / 2);
    return tryOther({ ...policy, usual: [last, durationMs], expectedMs: durationMs }, halved);
  }
  const usual = [...policy.usual, durationMs].slice(-USUAL);
  const wait = Math.max(0, policy.wait - 1);
  if (usual.length < USUAL) return { ...policy, usual, wait };
  const measured = { ...policy, usual, wait, expectedMs: median(usual) };
  if (wait > 0) return measured;
  // The other direction, when there is no way on in this one.
  const up = policy.threads === 1 || (policy.up && policy.threads < policy.max);
  return tryOther(measured, up ? more(policy) : fewer(policy));
}

function tryOther(policy: ThreadPolicy, wanted: number): ThreadPolicy {
  const threads = Math.max(1, wanted);
  return {
    ...policy,
    threads,
    trial: { from: policy.threads, durations: [] },
    up: threads > policy.threads,
  };
}

function afterTrial(policy: ThreadPolicy, trial: Trial, durationMs: number): ThreadPolicy {
  const durations = [...trial.durations, durationMs];
  const usualMs = median(policy.usual);
  const hopeless = Math.min(...durations) > HOPELESS * usualMs;
  if (durations.length < TRIAL && !hopeless) return { ...policy, trial: { ...trial, durations } };
  if (median(durations) < BETTER * usualMs) {
    // On in the same direction, soon.
    return {
      ...policy,
      usual: durations,
      expectedMs: median(durations),
      trial: undefined,
      interval: FIRST_INTERVAL,
      wait: 0,
    };
  }
  const interval = Math.min(2 * policy.interval, LAST_INTERVAL);
  return {
    ...policy,
    threads: trial.from,
    trial: undefined,
    interval,
    wait: interval,
    up: !policy.up,
  };
}

/** Large numbers change by a quarter or a half, so that no number is far away. */
function more({ threads, max }: ThreadPolicy): number {
  return Math.min(max, Math.max(threads + 1, Math.floor(threads * 1.5)));
}

function fewer({ threads }: ThreadPolicy): number {
  return Math.min(threads - 1, Math.ceil(threads * 0.75));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
