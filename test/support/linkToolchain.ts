/** A home of its own for a test, with the compiler that the tests share. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe } from 'vitest';
import { toolchainLayout } from '../../backend/toolchain/layout.ts';
import { cacheFolder } from './cacheFolder.ts';

export const toolchainHome = path.join(cacheFolder(), 'toolchain-test-home');
const shared = toolchainLayout(toolchainHome);
const hasToolchain = existsSync(shared.python) && existsSync(shared.state);

/** Tests with the real compiler, skipped with the reason where it is not in the cache. */
export function describeCompiler(name: string, define: () => void): void {
  const reason = `the compiler is not in ${toolchainHome}; TPU_PILOT_TEST_TOOLCHAIN=1 installs it`;
  describe.skipIf(!hasToolchain)(hasToolchain ? name : `${name} (${reason})`, define);
}

/**
 * @param home an empty folder
 * @param choice as an installation with those options has left it
 */
export async function linkToolchain(home: string, choice: object = {}): Promise<string> {
  const own = toolchainLayout(home);
  await mkdir(own.root, { recursive: true });
  await symlink(shared.env, own.env);
  await symlink(shared.bin, own.bin);
  await mkdir(shared.kernels, { recursive: true });
  await symlink(shared.kernels, own.kernels);
  const state = JSON.parse(await readFile(shared.state, 'utf8')) as object;
  await writeFile(own.state, JSON.stringify({ ...state, folder: own.root, choice }));
  return home;
}
