/** `tpu-pilot stop`: asks the running backend to end, and waits until it has. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { isAlive } from '../client/instanceFile.ts';
import { isConnectionLost } from '../client/remoteError.ts';
import { PilotError } from '../protocol/errors.ts';
import { addCommand, withRunningBackend, type CommonOptions } from './command.ts';
import { printResult, type Io } from './io.ts';

/** Beyond the longest time that answers are given to finish by default. */
const STOP_MS = 60_000;
const POLL_MS = 50;

/** Registers `stop`. It succeeds when no backend runs: that is what was asked for. */
export function registerStopCommand(program: Command, io: Io): void {
  addCommand(program, 'stop', 'let running answers finish, then end the backend').action(
    async (options: CommonOptions) => {
      const pid = await withRunningBackend(io, options, async (client) => {
        if (!client) return undefined;
        const status = await client.request('backend/status', null);
        // It may end before its answer has been read.
        await client.request('backend/stop', null).catch((error: unknown) => {
          if (!isConnectionLost(error)) throw error;
        });
        return status.pid;
      });
      if (pid !== undefined) await ended(pid);
      const text = pid === undefined ? 'No backend was running.' : `Stopped process ${pid}.`;
      printResult(io, options.json ?? false, { stopped: pid ?? null }, text);
    },
  );
}

/** It is no child of this process, so there is no event to wait for. */
async function ended(pid: number): Promise<void> {
  const end = performance.now() + STOP_MS;
  while (isAlive(pid)) {
    if (performance.now() > end) throw new PilotError('notStopped', { pid });
    await delay(POLL_MS);
  }
}
