/**
 * Every process of one run, wherever it hides. The compiler starts shells, those start Python,
 * that starts tools; some leave the process group, and orphans lose their parent. All of them
 * inherit the environment, so that is where a run is marked. Linux only: it reads /proc.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** The environment variable that holds the id of the run. */
export const RUN_VARIABLE = 'TPU_PILOT_RUN';

/** How long they may clean up after SIGTERM. */
const GRACE_MS = 2000;
const POLL_MS = 25;

/** Process ids of the run `id`, without this process. */
export async function processesOf(id: string): Promise<number[]> {
  const mark = `${RUN_VARIABLE}=${id}`;
  const names = await readdir('/proc').catch(() => []);
  const pids = names.map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const marked = await Promise.all(
    pids.map(async (pid) => ((await environmentOf(pid)).includes(mark) ? pid : undefined)),
  );
  return marked.filter((pid) => pid !== undefined);
}

/**
 * Ends every process of the run: asks, then kills what is still there after `graceMs`. Resolves
 * when none is left, so that whoever starts again meets no one.
 */
export async function endProcessesOf(id: string, graceMs = GRACE_MS): Promise<void> {
  let left = await processesOf(id);
  for (const pid of left) send(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  // Looked for again each time: a process may start another while it is being ended.
  while (left.length > 0) {
    await delay(POLL_MS);
    left = await processesOf(id);
    if (performance.now() >= deadline) for (const pid of left) send(pid, 'SIGKILL');
  }
}

/** Empty for a zombie, a process that has just ended, and one of another user. */
async function environmentOf(pid: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
  return text.split('\0');
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
