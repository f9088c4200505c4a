import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { attach } from '../../backend/client/attach.ts';
import { homePaths } from '../../backend/client/home.ts';
import { endOutdated } from '../../extension/outdatedBackend.ts';
import { startOtherVersion } from '../support/startOtherVersion.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

async function running(): Promise<{ home: string; ended: Promise<unknown>; pid: number }> {
  const home = join(await temporaryFolder(), 'home');
  const child = await startOtherVersion(home);
  onTestFinished(() => void child.kill('SIGKILL'));
  return { home, ended: once(child, 'exit'), pid: child.pid ?? 0 };
}

test('a backend of another version is refused, and can be ended', async () => {
  const { home, ended } = await running();
  await expect(attach(home)).rejects.toMatchObject({ data: { name: 'protocolMismatch' } });
  await endOutdated({ home });
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(await attach(home)).toBeUndefined();
});

test('a process that does not know the token is left alone', async () => {
  const { home, pid } = await running();
  await writeFile(homePaths(home).token, 'another token');
  await expect(endOutdated({ home })).rejects.toMatchObject({ errorName: 'serverNotProven' });
  expect(() => process.kill(pid, 0)).not.toThrow();
});

test('where none runs there is nothing to end', async () => {
  await endOutdated({ home: await temporaryFolder() });
});
