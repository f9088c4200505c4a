/** The backend of this machine: finds it, or starts it with the editor's own runtime. */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogOutputChannel } from 'vscode';
import { attachOrStartWith, attachWith, type Connect } from '../backend/client/attach.ts';
import { homeFolder, homePaths } from '../backend/client/home.ts';
import { isAlive } from '../backend/client/instanceFile.ts';
import { PilotError } from '../backend/protocol/errors.ts';
import type { BackendSettings } from './settings.ts';

/** Read from the end of the log when something went wrong. */
const TAIL_BYTES = 16_384;
const STOP_MS = 60_000;
const POLL_MS = 50;

/** `serve`'s arguments for these settings. */
export function serveArguments(home: string, { device, model }: BackendSettings): string[] {
  return [
    '--home',
    home,
    ...(device === '' ? [] : ['--device', device]),
    ...(model === '' ? [] : ['--model', model]),
  ];
}

function homeOf({ home }: BackendSettings): string {
  return homeFolder(home === '' ? undefined : home);
}

/**
 * What `connect` makes of the backend of this machine.
 * @throws PilotError backendUnreachable when none runs and none may be started, backendNotStarted;
 * and what `connect` throws
 */
export async function connectLocally<T>(
  extensionPath: string,
  settings: BackendSettings,
  mayStart: boolean,
  connect: Connect<T>,
  log: Pick<LogOutputChannel, 'info' | 'debug'>,
  signal: AbortSignal,
): Promise<T> {
  const home = homeOf(settings);
  if (!mayStart) {
    const client = await attachWith(home, connect);
    if (client !== undefined) return client;
    throw new PilotError('backendUnreachable', { url: 'localhost', reason: 'none is running' });
  }
  const { client, started } = await attachOrStartWith(
    home,
    {
      // VS Code's Electron, or code-server's Node: nothing has to be on the PATH.
      runtime: process.execPath,
      entry: path.join(extensionPath, 'dist', 'main.js'),
      args: serveArguments(home, settings),
      onLog: (line) => log.debug(readable(line)),
    },
    connect,
    signal,
  );
  log.info(started ? 'Started a backend.' : 'Attached to the running backend.');
  return client;
}

/** Resolves when the process has ended, or after a minute: longer than answers may take to finish. */
export async function processEnded(pid: number): Promise<void> {
  const end = performance.now() + STOP_MS;
  // It needn't be a child of this window, so there is no event to wait for.
  while (isAlive(pid) && performance.now() < end) await delay(POLL_MS);
}

/** The last `count` lines of the backend's log, for people; empty when there is no log. */
export async function lastLogLines(settings: BackendSettings, count: number): Promise<string[]> {
  try {
    const file = await open(homePaths(homeOf(settings)).log);
    try {
      const { size } = await file.stat();
      const start = Math.max(0, size - TAIL_BYTES);
      const buffer = Buffer.alloc(size - start);
      await file.read(buffer, 0, buffer.length, start);
      const lines = buffer
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
      return lines.slice(-count).map(readable);
    } finally {
      await file.close();
    }
  } catch {
    return [];
  }
}

/** The message of one line of JSON log, with its error; other lines as they are. */
export function readable(line: string): string {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('msg' in entry)) return line;
    const err = 'err' in entry ? entry.err : undefined;
    const reason =
      typeof err === 'object' && err !== null && 'message' in err ? `: ${String(err.message)}` : '';
    return `${String(entry.msg)}${reason}`;
  } catch {
    return line;
  }
}
