/** What has to be put right in an environment that pip has filled. */
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../models/disk.ts';
import type { Inventory } from './inventory.ts';
import type { ToolchainLayout } from './layout.ts';
import { normalizedName, shippedText } from './lock.ts';

const LIBRARIES = 'tpu_mlir/lib/third_party';

/**
 * Parts of glibc 2.35 and of GCC's run time that the wheel brings, as its list of files names
 * them. It puts their folder first on the library path, so on a system with any other glibc its
 * programs don't start ("version `GLIBC_2.36' not found") or die with SIGSEGV. The system's own do.
 */
export const GLIBC_FILES: readonly string[] = [
  'libc.so.6',
  'libm.so.6',
  'libpthread.so.0',
  'libgcc_s.so.1',
  'libstdc++.so.6',
].map((name) => `${LIBRARIES}/${name}`);

/** Moves them to a folder beside it that nobody searches; those that have been moved stay there. */
export async function moveGlibcAside({ sitePackages }: ToolchainLayout): Promise<void> {
  const aside = path.join(sitePackages, `${LIBRARIES}.unused`);
  await mkdir(aside, { recursive: true });
  for (const file of GLIBC_FILES) {
    try {
      await rename(path.join(sitePackages, file), path.join(aside, path.basename(file)));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** Whether any of them is where it does harm: pip puts them back with the package. */
export async function hasGlibcClash({ sitePackages }: ToolchainLayout): Promise<boolean> {
  const entries = await readdir(path.join(sitePackages, LIBRARIES)).catch((): string[] => []);
  return GLIBC_FILES.some((file) => entries.includes(path.basename(file)));
}

/**
 * Takes away the metadata of damaged packages, which would make pip believe they are installed;
 * pip then writes their files anew. Only inside the environment, whatever the inventory says.
 */
export async function forgetDamaged(inventory: Inventory, { env }: ToolchainLayout): Promise<void> {
  const names = inventory.packages.map(({ name }) => normalizedName(name));
  for (const { name, info, damage } of inventory.packages) {
    const isRepeated =
      names.indexOf(normalizedName(name)) !== names.lastIndexOf(normalizedName(name));
    if (damage === null && !isRepeated) continue;
    const relative = path.relative(env, info);
    if (relative.startsWith('..') || !/\.(dist|egg)-info$/.test(relative)) continue;
    await rm(info, { recursive: true, force: true });
  }
}

/** Puts the stand-in for GNU parallel on the steps' search path, where the environment's Python is. */
export async function placeParallel({ bin }: ToolchainLayout): Promise<void> {
  const file = path.join(bin, 'parallel');
  await mkdir(bin, { recursive: true });
  await writeFile(file, `#!/usr/bin/env python3.10\n${await shippedText('parallel.py')}`);
  await chmod(file, 0o755);
}
