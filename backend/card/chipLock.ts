/**
 * One process at a time for each chip of the machine: two on one chip crash each other.
 *
 * The lock is the name of a socket in Linux's abstract namespace (man 7 unix), which one process at
 * a time can hold. It belongs to the machine and not to a home folder, so that it also holds between
 * the backends of two users. The kernel takes it back in the moment in which the process is gone,
 * whatever ended it, and not before: a process that SIGKILL cannot end, because the driver holds it,
 * still has its chip. A lock file would need a folder that all users can write to, with the links
 * and the files of others in it, and would be stale for seconds after a kill.
 *
 * Who holds it answers a connection with its process id. Any program of the machine can take the
 * name, as it could a file in a shared folder: then the chip is reported as in use, no more.
 * Containers with a network namespace of their own see their own locks alone; give each its chips.
 */
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { DeviceError } from '../devices/device.ts';

export interface ChipLock {
  /** At once. The end of the process does it, too. */
  release(): void;
}

/** A host of before may still be closing its device (`CLOSING_MS` in host/runHost.ts). */
const WAIT_MS = 5_000;
const RETRY_MS = 50;
/** For the answer of a holder; one whose event loop stands gives none. */
const ANSWER_MS = 500;

/**
 * Hold a chip for this process.
 * @param chip number of its device node
 * @param waitMs for how long a holder may keep it before that is an error
 * @throws DeviceError inUse, with the process that holds it; lost, where there are no such locks
 */
export async function lockChip(chip: number, waitMs = WAIT_MS): Promise<ChipLock> {
  const address = `\0tpu-pilot/bm-sophon${chip}`;
  const end = performance.now() + waitMs;
  for (;;) {
    const server = await listen(address);
    if (server !== undefined) return { release: () => void server.close() };
    if (performance.now() >= end) {
      const pid = await askHolder(address);
      const holder = pid === undefined ? 'a process that does not answer' : `process ${pid}`;
      throw new DeviceError('inUse', `chip ${chip} is in use by ${holder}.`);
    }
    await delay(RETRY_MS);
  }
}

/** Undefined when another process has the address. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(String(process.pid));
    // Nobody keeps a connection open for longer than that.
    socket.destroySoon();
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      if ('code' in error && error.code === 'EADDRINUSE') resolve(undefined);
      else reject(new DeviceError('lost', `it cannot be locked: ${error.message}.`));
    });
    server.listen({ path, exclusive: true }, () => {
      // The lock alone keeps no process alive.
      server.unref();
      resolve(server);
    });
  });
}

async function askHolder(path: string): Promise<number | undefined> {
  const answer = await new Promise<string>((resolve) => {
    let text = '';
    const socket = connect({ path, timeout: ANSWER_MS });
    const stop = (): void => {
      resolve(text);
      socket.destroy();
    };
    socket.setEncoding('utf8');
    socket.on('data', (part: string) => {
      text += part;
      // It may be any program that answers.
      if (text.length > 16) stop();
    });
    for (const event of ['end', 'error', 'timeout'] as const) socket.once(event, stop);
  });
  return /^\d{1,10}$/.test(answer) ? Number(answer) : undefined;
}
