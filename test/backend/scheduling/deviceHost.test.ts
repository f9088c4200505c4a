import { ChildProcess } from 'node:child_process';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DeviceHost } from '../../../backend/scheduling/deviceHost.ts';
import { buildMemoryHost, type MemoryHostBuild } from '../../support/buildMemoryHost.ts';
import { ManualClock } from '../../support/manualClock.ts';
import { silentLog } from '../../support/silentLog.ts';

let build: MemoryHostBuild;
beforeEach(async () => {
  build = await buildMemoryHost();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await build.remove();
});

async function start(clock: ManualClock): Promise<{ host: DeviceHost; pid: number }> {
  let host: DeviceHost | undefined;
  await new Promise<void>((resolve) => {
    const { modulePath } = build;
    host = new DeviceHost({ modulePath, clock, log: silentLog }, ({ type }) => {
      if (type === 'ready') resolve();
    });
  });
  return { host: host!, pid: host!.pid! };
}

it('ends for its callers when its process cannot be ended', async () => {
  const clock = new ManualClock();
  const { host, pid } = await start(clock);
  // As of a process that is inside of a driver.
  vi.spyOn(ChildProcess.prototype, 'kill').mockReturnValue(true);
  host.kill('its step takes too long');
  host.kill('another reason');
  clock.advance(15_000);
  const reason = `its step takes too long, and its process ${pid} cannot be ended`;
  expect(await host.stopped).toMatchObject({ reason });
  await expect(host.telemetry()).rejects.toMatchObject({ code: 'lost' });
  process.kill(pid, 'SIGKILL');
});

it('says why it was ended', async () => {
  const { host } = await start(new ManualClock());
  host.kill('its step takes too long');
  expect(await host.stopped).toMatchObject({ reason: 'its step takes too long' });
  expect(host.pid).toBeUndefined();
});
