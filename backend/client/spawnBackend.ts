/** Starts a backend that outlives its starter, and waits until it is ready. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { PilotError } from '../protocol/errors.ts';
import { FailedLine, ReadyLine } from './instanceFile.ts';
import { RemoteError } from './remoteError.ts';

const StartLine = z.discriminatedUnion('event', [ReadyLine, FailedLine]);

/** Lines of stderr kept for the error message. */
const KEPT_LINES = 20;
/** Minutes: nobody asked for a process that stays for ever, but the next window opens faster with it. */
const IDLE_EXIT = '60';

export interface SpawnOptions {
  /** The JavaScript runtime: `process.execPath`, which may be VS Code's Electron. */
  readonly runtime: string;
  /** The bundle dist/main.js. */
  readonly entry: string;
  /** What follows `serve`, such as `--home DIR --model NAME`. */
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line of stderr until the backend is ready. */
  onLog?(line: string): void;
}

/**
 * Resolves when the backend has printed its ready line. It then runs on its own, without a pipe to
 * this process. Aborting the signal before that ends it.
 * @throws RemoteError with the backend's own reason, such as alreadyRunning or homeNotWritable;
 * PilotError backendNotStarted with the last lines of its stderr when it gave none
 */
export async function spawnBackend(
  options: SpawnOptions,
  signal?: AbortSignal,
): Promise<ReadyLine> {
  signal?.throwIfAborted();
  const args = [options.entry, 'serve', '--idle-exit', IDLE_EXIT, ...options.args];
  const child = spawn(options.runtime, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
    // Makes VS Code's Electron behave as Node; Node itself ignores it.
    env: { ...(options.env ?? process.env), ELECTRON_RUN_AS_NODE: '1' },
  });
  const stop = (): void => void child.kill();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await readyLine(child, options);
  } finally {
    signal?.removeEventListener('abort', stop);
    child.stdout.destroy();
    child.stderr.destroy();
    child.unref();
  }
}

async function readyLine(
  child: ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream },
  options: SpawnOptions,
): Promise<ReadyLine> {
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    options.onLog?.(line);
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = parseLine(line);
      if (event?.event === 'ready') resolve(event);
      else if (event) reject(new RemoteError(event.code, event.message, event.data));
    });
    child.once('error', (cause) => {
      reject(new PilotError('backendNotStarted', { reason: cause.message }, { cause }));
    });
    // `close` and not `exit`: by then the last lines of stderr have been read.
    child.once('close', (code, signal) => {
      const end = code === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${code}`;
      reject(new PilotError('backendNotStarted', { reason: [end, ...lines].join('\n') }));
    });
  });
}

function parseLine(line: string): z.infer<typeof StartLine> | undefined {
  try {
    return StartLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
