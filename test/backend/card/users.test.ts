import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { findUsers } from '../../../backend/card/users.ts';
import { rootWith } from '../../support/cardTree.ts';

/** Links of `/proc/PID/fd`, as they lead to files that need not be there. */
async function open(root: string, pid: string, ...targets: string[]): Promise<void> {
  const folder = path.join(root, 'proc', pid, 'fd');
  await mkdir(folder, { recursive: true });
  for (const [fd, target] of targets.entries()) await symlink(target, path.join(folder, `${fd}`));
}

it('finds the processes that have a chip open, each once', async () => {
  const root = await rootWith({ 'proc/40/comm': 'bmrt_test', 'proc/self/fd/x': '' });
  await open(root, '40', '/dev/bm-sophon1', 'socket:[12]', '/dev/bm-sophon1', '/dev/bm-sophon10');
  await open(root, '50', '/dev/bm-sophon1', '/dev/null');
  await open(root, '60', '/dev/bmdev-ctl', '/tmp/dev/bm-sophon1');
  expect(await findUsers(root)).toEqual(
    new Map([
      ['/dev/bm-sophon1', [{ pid: 40, name: 'bmrt_test' }, { pid: 50 }]],
      ['/dev/bm-sophon10', [{ pid: 40, name: 'bmrt_test' }]],
    ]),
  );
});

it('finds none on a machine without a card', async () => {
  expect([...(await findUsers(await rootWith()))]).toEqual([]);
});
