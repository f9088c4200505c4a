import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { homePaths } from '../../backend/client/home.ts';
import { readInstance, type Instance } from '../../backend/client/instanceFile.ts';
import { acquireInstance, type InstanceLock } from '../../backend/instance.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const instance: Instance = {
  pid: process.pid,
  url: 'ws://127.0.0.1:1',
  http: 'http://127.0.0.1:1',
  tokenFile: '/token',
  version: '1.0.0',
  protocolVersion: 1,
  startedAt: '2026-01-01T00:00:00Z',
};

async function acquire(home: string): Promise<InstanceLock> {
  const lock = await acquireInstance(home, () => undefined);
  onTestFinished(async () => lock.release());
  return lock;
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--eval', '']);
  await once(child, 'close');
  return child.pid ?? 0;
}

describe('acquireInstance', () => {
  it('makes the home folder, and tells clients where the backend is', async () => {
    const home = path.join(await temporaryFolder(), 'a', 'b');
    const lock = await acquire(home);
    expect(await readInstance(home)).toBeUndefined();
    await lock.publish(instance);
    expect(await readInstance(home)).toStrictEqual(instance);
    expect((await stat(homePaths(home).instance)).mode & 0o777).toBe(0o600);
    await lock.release();
    expect(await readInstance(home)).toBeUndefined();
    await expect(acquire(home)).resolves.toBeDefined();
  });

  it('refuses a second backend, naming the first', async () => {
    const home = await temporaryFolder();
    const lock = await acquire(home);
    await lock.publish(instance);
    await expect(acquire(home)).rejects.toMatchObject({
      errorName: 'alreadyRunning',
      message: expect.stringMatching(`process ${process.pid} at ws://127.0.0.1:1`) as unknown,
    });
  });

  it('lets one of many through', async () => {
    const home = await temporaryFolder();
    const results = await Promise.allSettled([1, 2, 3, 4].map(async () => acquire(home)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('takes over at once what a killed process left', async () => {
    const home = await temporaryFolder();
    const pid = await deadPid();
    await mkdir(path.join(home, 'backend.lock'));
    await writeFile(path.join(home, 'backend.pid'), String(pid));
    await writeFile(homePaths(home).instance, JSON.stringify({ ...instance, pid }));
    expect(await readInstance(home)).toBeUndefined();
    await acquire(home);
    expect(await readFile(path.join(home, 'backend.pid'), 'utf8')).toBe(String(process.pid));
  });

  it('takes over what a killed process left whose id another has now', async () => {
    const home = await temporaryFolder();
    await mkdir(path.join(home, 'backend.lock'));
    await writeFile(path.join(home, 'backend.pid'), String(process.ppid));
    await expect(acquire(home)).rejects.toMatchObject({ errorName: 'alreadyRunning' });
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(path.join(home, 'backend.lock'), longAgo, longAgo);
    await expect(acquire(home)).resolves.toBeDefined();
  });

  it('takes over what an earlier process with its own id left, as in a container', async () => {
    const home = await temporaryFolder();
    await mkdir(path.join(home, 'backend.lock'));
    await writeFile(path.join(home, 'backend.pid'), String(process.pid));
    await expect(acquire(home)).resolves.toBeDefined();
  });

  it('says which folder cannot be written', async () => {
    const home = path.join(await temporaryFolder(), 'file', 'home');
    await writeFile(path.dirname(home), 'not a folder');
    await expect(acquire(home)).rejects.toMatchObject({
      errorName: 'homeNotWritable',
      message: expect.stringContaining(home) as unknown,
    });
  });
});

describe('readInstance', () => {
  it.each([
    ['', 'no JSON'],
    ['{}', 'another JSON'],
    [JSON.stringify({ ...instance, pid: -1 }), 'an impossible process'],
  ])('takes %j for none', async (content) => {
    const home = await temporaryFolder();
    await writeFile(homePaths(home).instance, content);
    expect(await readInstance(home)).toBeUndefined();
  });
});
