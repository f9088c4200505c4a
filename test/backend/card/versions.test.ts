import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { installedVersion, versionOf } from '../../../backend/card/versions.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

it('knows libraries by the folder that they are in, and not by those that are installed', async () => {
  const root = await temporaryFolder();
  const sophon = path.join(root, 'opt/sophon');
  for (const name of ['libsophon-0.5.1', 'libsophon-0.4.9', 'newer'])
    await mkdir(path.join(sophon, name, 'lib'), { recursive: true });
  expect(await installedVersion(root)).toBeUndefined();
  await symlink('libsophon-0.5.1', path.join(sophon, 'libsophon-current'));
  expect(await installedVersion(root)).toBe('0.5.1');
  const inFolder = async (name: string): Promise<string | undefined> =>
    versionOf(path.join(sophon, name));
  expect(await inFolder('libsophon-current/lib')).toBe('0.5.1');
  expect(await inFolder('libsophon-0.4.9/lib')).toBe('0.4.9');
  expect(await inFolder('newer/lib')).toBeUndefined();
  expect(await inFolder('none/lib')).toBeUndefined();
});
