/** The backend of this machine: finds it, or starts it with the editor's own runtime. */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { LogOutputChannel } from 'vscode';
import { attachOrStartWith, attachWith, type Connect } from '../backend/client/attach.ts';
import { isAlive } from '../backend/client/instanceFile.ts';
import { PilotError } from '../backend/protocol/errors.ts';
import { homeOf, readable } from './backendLog.ts';
import type { BackendSettings } from './settings.ts';

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
