/** The process around a HostServer: its IPC channel, its end, and its signs of life. */
import { writeSync } from 'node:fs';
import type { Device } from '../devices/device.ts';
import { HostServer } from './hostServer.ts';
import { faultOf } from '../devices/fault.ts';
import type { FromHost } from './messages.ts';

/** Often enough that several fit into what the backend calls silence. */
const BEAT_MS = 500;
/** For a device that does not let itself be closed. */
const CLOSING_MS = 3_000;

/**
 * Serve a device to the parent process, and leave with it. Never returns: the exit code is 0 after
 * `stop` or when the parent is gone; after a fault the process kills itself, its text on stderr.
 */
export async function runHost(openDevice: () => Promise<Device>): Promise<never> {
  if (process.send === undefined) {
    writeSync(2, 'This program is started by the backend: run "tpu-pilot serve".\n');
    process.exit(2);
  }
  // A Ctrl-C reaches the whole process group; the backend decides when the host goes.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => undefined);

  let server: HostServer | undefined;
  process.once('disconnect', () => {
    setTimeout(die, CLOSING_MS);
    if (server === undefined) process.exit(0);
    server.stop();
  });
  // The parent may have gone while this program was being read: then nobody says so again.
  if (!process.connected) process.exit(0);
  setInterval(() => {
    const stepMs = server?.stepMs;
    void send({ type: 'beat', ...(stepMs !== undefined && { stepMs }) });
  }, BEAT_MS);

  try {
    server = new HostServer(await openDevice(), {
      send: (message) => void send(message),
      onMessage: (listener) => process.on('message', listener),
    });
    await server.run();
    process.exit(0);
  } catch (error) {
    writeSync(2, `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    const type = server === undefined ? 'unavailable' : 'broken';
    await send({ type, fault: faultOf(error) });
    return die();
  }
}

/** Resolves when the message has left, or cannot. */
async function send(message: FromHost): Promise<void> {
  if (!process.connected) return;
  await new Promise((resolve) => process.send?.(message, undefined, undefined, resolve));
}

/** `process.exit` would wait for a step that hangs in its thread, and run the library's exit code. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('A killed process goes on.');
}
