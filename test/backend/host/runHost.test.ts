import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { buildMemoryHost, type MemoryHostBuild } from '../../support/buildMemoryHost.ts';

let build: MemoryHostBuild;
beforeAll(async () => {
  build = await buildMemoryHost();
});
afterAll(() => build.remove());

test('a host whose parent has gone before it listens ends by itself', async () => {
  const host = fork(build.modulePath, [], { serialization: 'advanced' });
  onTestFinished(() => void host.kill('SIGKILL'));
  const ended = once(host, 'exit');
  host.disconnect();
  expect(await ended).toEqual([0, null]);
});
