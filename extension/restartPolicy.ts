/**
 * How often, and after how long, to try again. An immutable value: each failure gives the next
 * policy, so decisions can be tested as a table of times.
 */
export interface RestartPolicy {
  /** Failures allowed inside the window; Infinity for a backend that somebody else runs. */
  readonly limit: number;
  readonly windowMs: number;
  /** Times of the failures still inside the window, in ms. */
  readonly failures: readonly number[];
  /** Failures since the last connection that lasted; decides the delay. */
  readonly attempt: number;
}

const BASE_DELAY_MS = 250;
const LONGEST_DELAY_MS = 30_000;

/** For a backend that this machine can start: five failures a minute are a fault, not bad luck. */
export const localPolicy: RestartPolicy = { limit: 5, windowMs: 60_000, failures: [], attempt: 0 };

/** For a backend behind a URL: only its owner can repair it, so keep trying, slowly. */
export const remotePolicy: RestartPolicy = { ...localPolicy, limit: Number.POSITIVE_INFINITY };

/** The policy after a failure at time `at` (ms). `counts` false: only the delay grows. */
export function afterFailure(policy: RestartPolicy, at: number, counts = true): RestartPolicy {
  const failures = policy.failures.filter((time) => at - time < policy.windowMs);
  return {
    ...policy,
    failures: counts ? [...failures, at] : failures,
    attempt: policy.attempt + 1,
  };
}

/** The policy after a connection that held for `heldMs`: one that lasted forgives what came before. */
export function afterConnection(policy: RestartPolicy, heldMs: number): RestartPolicy {
  return heldMs < policy.windowMs ? policy : { ...policy, failures: [], attempt: 0 };
}

export function isExhausted(policy: RestartPolicy): boolean {
  return policy.failures.length > policy.limit;
}

/**
 * Delay in ms before the next try: doubles up to half a minute. `random` in [0, 1) spreads the upper
 * half, because all windows of a machine lose their backend in the same instant.
 */
export function delayBefore(policy: RestartPolicy, random: number): number {
  const full = Math.min(LONGEST_DELAY_MS, BASE_DELAY_MS * 2 ** Math.max(0, policy.attempt - 1));
  return Math.round((full / 2) * (1 + random));
}
