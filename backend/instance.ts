/** One backend per home folder: the lock that makes it so, and the file that says where it is. */
import { mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { lock as lockFile } from 'proper-lockfile';
import writeFileAtomic from 'write-file-atomic';
import { homePaths } from './client/home.ts';
import { isAlive, readInstance, type Instance } from './client/instanceFile.ts';
import { PilotError } from './protocol/errors.ts';

/** The lock's time stamp is renewed often enough that only a dead or frozen owner passes this. */
const STALE_MS = 20_000;

/** A start that is in nobody's way takes milliseconds; a dead one is stale after two seconds. */
const STARTING = { stale: 2_000, retries: { retries: 40, minTimeout: 50, maxTimeout: 200 } };

/** Homes this process holds; its own id in an owner file says nothing else about them. */
const held = new Set<string>();

export interface InstanceLock {
  /** Tells clients where the backend is. */
  publish(instance: Instance): Promise<void>;
  /** Removes the instance file and the lock. */
  release(): Promise<void>;
}

/**
 * Makes this process the backend of the home folder, creating the folder if need be. A lock left by
 * a process that was killed is taken over at once.
 * @param onCompromised the lock was lost while held, e.g. the machine slept and another took it
 * @throws PilotError alreadyRunning, homeNotWritable
 */
export async function acquireInstance(
  home: string,
  onCompromised: (error: Error) => void,
): Promise<InstanceLock> {
  const paths = homePaths(home);
  const lock = path.join(home, 'backend');
  const ownerFile = path.join(home, 'backend.pid');
  let release: () => Promise<void>;
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    // Looking at a lock and taking it over are two steps: one process at a time may do them.
    const started = await lockFile(path.join(home, 'starting'), {
      ...STARTING,
      realpath: false,
      onCompromised: () => undefined,
    });
    try {
      if (!held.has(home) && !(await ownerAlive(ownerFile))) await removeLock(`${lock}.lock`);
      release = await lockFile(lock, { stale: STALE_MS, realpath: false, onCompromised });
      await writeFileAtomic(ownerFile, String(process.pid), { mode: 0o600 });
      held.add(home);
    } finally {
      await started().catch(() => undefined);
    }
  } catch (error) {
    if (errorCode(error) === 'ELOCKED') throw await alreadyRunning(home, ownerFile);
    throw asHomeError(home, error);
  }
  return {
    publish: async (instance) => {
      await writeFileAtomic(paths.instance, `${JSON.stringify(instance)}\n`, { mode: 0o600 });
    },
    release: async () => {
      // After a lost lock the files may belong to another backend.
      if ((await readOwner(ownerFile)) === process.pid) {
        await rm(paths.instance, { force: true });
        await rm(ownerFile, { force: true });
      }
      await release().catch(() => undefined);
      held.delete(home);
    },
  };
}

/** In a container the same id may come back: this process itself is no owner from before. */
async function ownerAlive(ownerFile: string): Promise<boolean> {
  const pid = await readOwner(ownerFile);
  return pid !== undefined && pid !== process.pid && isAlive(pid);
}

async function readOwner(ownerFile: string): Promise<number | undefined> {
  const pid = Number(await readFile(ownerFile, 'utf8').catch(() => ''));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

async function removeLock(lockPath: string): Promise<void> {
  await rmdir(lockPath).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error;
  });
}

async function alreadyRunning(home: string, ownerFile: string): Promise<PilotError> {
  const running = await readInstance(home);
  const pid = running?.pid ?? (await readOwner(ownerFile)) ?? 'unknown';
  return new PilotError('alreadyRunning', { pid, url: running?.url ?? '(starting)' });
}

/** What the file system refused, as `homeNotWritable`; any other error as it is. */
export function asHomeError(home: string, error: unknown): unknown {
  if (error instanceof PilotError || errorCode(error) === undefined) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new PilotError('homeNotWritable', { path: home, reason }, { cause: error });
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
