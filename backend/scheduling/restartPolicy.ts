/** Whether and when a device host is started again: an immutable value, tested as a table of times. */
export interface RestartPolicy {
  /** Deaths inside the window that are followed by a restart. */
  readonly budget: number;
  readonly windowMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** Times of the deaths inside the window, in ms. */
  readonly deaths: readonly number[];
}

/** A host that dies six times in five minutes will die again. */
export const defaultRestartPolicy: RestartPolicy = {
  budget: 5,
  windowMs: 300_000,
  firstDelayMs: 100,
  longestDelayMs: 5_000,
  deaths: [],
};

export interface Restart {
  readonly policy: RestartPolicy;
  readonly delayMs: number;
}

/**
 * What follows a death at time `now` (ms): the first restart is quick, because readers wait, and
 * each further one inside the window waits twice as long.
 * @returns undefined when the budget is spent
 */
export function afterDeath(policy: RestartPolicy, now: number): Restart | undefined {
  const recent = policy.deaths.filter((time) => now - time < policy.windowMs);
  if (recent.length >= policy.budget) return undefined;
  return {
    policy: { ...policy, deaths: [...recent, now] },
    delayMs: Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** recent.length),
  };
}
