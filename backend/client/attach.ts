/** Connects to the backend of a home folder, starting one when there is none. */
import { setTimeout as delay } from 'node:timers/promises';
import { PilotError } from '../protocol/errors.ts';
import { BackendClient } from './backendClient.ts';
import { readInstance } from './instanceFile.ts';
import { RemoteError } from './remoteError.ts';
import { spawnBackend, type SpawnOptions } from './spawnBackend.ts';
import { localTarget, type Target } from './target.ts';

/** How long a backend that another process is starting may take to say where it is. */
const FOREIGN_START_MS = 15_000;
const POLL_MS = 100;

/** What to do with a backend that was found: the command line and the editor differ in this alone. */
export type Connect<T> = (target: Target) => Promise<T>;

/** A client of the running backend, or undefined when none runs. */
export async function attach(home: string): Promise<BackendClient | undefined> {
  return attachWith(home, (target) => BackendClient.connect(target));
}

/**
 * A client of the running backend, or of one started now.
 * @throws what spawnBackend and BackendClient.connect throw
 */
export async function attachOrStart(
  home: string,
  options: SpawnOptions,
): Promise<{ client: BackendClient; started: boolean }> {
  return attachOrStartWith(home, options, (target) => BackendClient.connect(target));
}

/**
 * What `connect` makes of the running backend, or undefined when none runs. A backend that has died
 * without removing its instance file counts as none.
 */
export async function attachWith<T>(home: string, connect: Connect<T>): Promise<T | undefined> {
  const instance = await readInstance(home);
  if (instance === undefined) return undefined;
  try {
    return await connect(await localTarget(instance));
  } catch (error) {
    if (error instanceof PilotError && error.errorName === 'backendUnreachable') return undefined;
    throw error;
  }
}

/**
 * The same, starting a backend when none runs. Several processes may do this at once: one starts,
 * the others attach. Aborting the signal ends a backend that isn't ready yet.
 * @throws what spawnBackend and `connect` throw
 */
export async function attachOrStartWith<T>(
  home: string,
  options: SpawnOptions,
  connect: Connect<T>,
  signal?: AbortSignal,
): Promise<{ client: T; started: boolean }> {
  const running = await attachWith(home, connect);
  if (running) return { client: running, started: false };
  try {
    const ready = await spawnBackend(options, signal);
    return { client: await connect(await localTarget(ready)), started: true };
  } catch (error) {
    // Another process was faster: the lock stopped ours, and theirs is running or coming up.
    if (!(error instanceof RemoteError) || error.data.name !== 'alreadyRunning') throw error;
    const client = await attachWithin(home, connect, signal);
    if (client) return { client, started: false };
    throw error;
  }
}

async function attachWithin<T>(
  home: string,
  connect: Connect<T>,
  signal?: AbortSignal,
): Promise<T | undefined> {
  const end = performance.now() + FOREIGN_START_MS;
  for (;;) {
    const client = await attachWith(home, connect);
    if (client || performance.now() > end) return client;
    await delay(POLL_MS, undefined, { ...(signal && { signal }) });
  }
}
