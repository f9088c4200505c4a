import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporaryFolder.ts';
import { findDesktopCode } from './desktop.ts';

/** A folder with a `code` that says which version it is. */
async function fakeCode(version: string): Promise<string> {
  const folder = await temporaryFolder();
  const file = join(folder, 'code');
  await writeFile(file, `#!/bin/sh\nprintf '${version}\\ncommit\\nx64\\n'\n`);
  await chmod(file, 0o755);
  return folder;
}

describe('findDesktopCode', () => {
  it.each([
    ['1.104.0', '1.104.0'],
    ['1.140.2', '1.140.2'],
    ['1.103.9', undefined],
    ['not a version', undefined],
  ])('takes version %s for %s', async (printed, found) => {
    const env = { PATH: await fakeCode(printed), DISPLAY: ':0' };
    expect((await findDesktopCode(env, 'linux'))?.version).toBe(found);
  });

  it('needs a display on Linux', async () => {
    const env = { PATH: await fakeCode('1.140.0') };
    expect(await findDesktopCode(env, 'linux')).toBeUndefined();
    expect(await findDesktopCode({ ...env, WAYLAND_DISPLAY: 'wayland-0' }, 'linux')).toBeDefined();
    expect(await findDesktopCode(env, 'darwin')).toBeDefined();
  });

  it('finds none on an empty PATH', async () => {
    const env = { PATH: await temporaryFolder(), DISPLAY: ':0' };
    expect(await findDesktopCode(env, 'linux')).toBeUndefined();
  });
});
