/**
 * How far the loading of a bmodel is. The runtime does not tell, and keeps its thread until it is
 * done; but it reads the file through read(2), and Linux counts what a process has read
 * (proc_pid_io(5), `rchar`). Other reading of the process counts too: it is little.
 */
import { readFile } from 'node:fs/promises';

const POLL_MS = 250;
/** What the steps before it are worth. */
const BEGUN = 0.1;
/** The end is when the runtime says so. */
const MOST = 0.99;

/** @param read bytes of the file that were read, about */
export function loadedFraction(read: number, fileBytes: number): number {
  const share = fileBytes > 0 ? Math.max(0, read) / fileBytes : 0;
  return Math.min(MOST, BEGUN + (1 - BEGUN) * share);
}

/** What this process has read so far; undefined where the system does not tell. */
export async function bytesRead(file = '/proc/self/io'): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const [, rchar] = /^rchar: (\d+)$/m.exec(text) ?? [];
  return rchar === undefined ? undefined : Number(rchar);
}

export interface LoadWatch {
  readonly fileBytes: number;
  readonly onProgress: (fraction: number) => void;
  readonly read?: () => Promise<number | undefined>;
  /** Calls again and again. @returns what ends it */
  readonly every?: (ms: number, task: () => void) => () => void;
}

/** Tells of progress, which only grows, until the load is settled; of none where none is known. */
export async function watchLoad<T>(
  load: () => Promise<T>,
  { fileBytes, onProgress, read = bytesRead, every = byInterval }: LoadWatch,
): Promise<T> {
  const before = await read();
  if (before === undefined) return load();
  let told = BEGUN;
  let isSettled = false;
  const tell = async (): Promise<void> => {
    const fraction = loadedFraction(((await read()) ?? before) - before, fileBytes);
    if (isSettled || fraction <= told) return;
    told = fraction;
    onProgress(fraction);
  };
  const end = every(POLL_MS, () => void tell());
  try {
    return await load();
  } finally {
    isSettled = true;
    end();
  }
}

function byInterval(ms: number, task: () => void): () => void {
  const timer = setInterval(task, ms);
  return () => clearInterval(timer);
}
