/** Locks between processes: the command line and several backends may share one home folder. */
import { setTimeout as delay } from 'node:timers/promises';
import { check, lock } from 'proper-lockfile';
import { PilotError } from '../protocol/errors.ts';
import { errorCode } from './disk.ts';

const RETRY_MS = 200;
/** A holder renews its lock this often; one that has not for `STALE_MS` has died. */
const RENEW_MS = 3000;
const STALE_MS = 15_000;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when somebody else has the lock. */
  readonly onWait?: () => void;
}

/**
 * Runs `work` while holding `<path>.lock`, waiting for as long as another process holds it. The
 * signal given to `work` aborts when the lock is lost, as after the machine has slept.
 * @throws PilotError homeNotWritable; whatever `work` throws
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: (lost: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(path, options, () => lost.abort());
  try {
    return await work(lost.signal);
  } finally {
    // A lost lock belongs to somebody else now.
    if (!lost.signal.aborted) await release();
  }
}

async function acquire(
  path: string,
  { signal, onWait }: LockOptions,
  onCompromised: () => void,
): Promise<() => Promise<void>> {
  for (let waited = false; ; waited = true) {
    try {
      return await lock(path, {
        realpath: false,
        stale: STALE_MS,
        update: RENEW_MS,
        onCompromised,
      });
    } catch (error) {
      if (errorCode(error) !== 'ELOCKED') {
        throw new PilotError('homeNotWritable', { path, reason: String(error) }, { cause: error });
      }
      if (!waited) onWait?.();
      await delay(RETRY_MS, undefined, signal === undefined ? {} : { signal });
    }
  }
}

/** True while some process holds the lock. */
export function isLocked(path: string): Promise<boolean> {
  return check(path, { realpath: false, stale: STALE_MS });
}
