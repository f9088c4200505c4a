/** What there is against what the lock file names, and in which order the rest is fetched. Pure. */
import type { PackageStatus } from '../protocol/toolchain.ts';
import type { Inventory } from './inventory.ts';
import { isVersion, normalizedName, type LockedPackage, type ToolchainLock } from './lock.ts';

/** Packages that pip installs in one go. */
export interface Batch {
  readonly packages: readonly LockedPackage[];
  /** Of all its wheels. */
  readonly bytes: number;
}

/** An environment of the whole lock file holds 7.0 GB, of 3.4 GB of wheels. */
const UNPACKED = 2.1;
/** From here on a package is fetched alone: one that is complete is never fetched again. */
const LARGE_BYTES = 20e6;
/** A wheel of torch without CUDA; the lock file knows only the one with it. */
const CPU_TORCH_BYTES = 200e6;
/** Needed by the ones after them. */
const FIRST = new Set(['pip', 'setuptools']);

/** The packages an environment is made of. Without CUDA, torch does without its libraries. */
export function wantedPackages(lock: ToolchainLock, withoutCuda: boolean): LockedPackage[] {
  if (!withoutCuda) return lock.packages;
  return lock.packages
    .filter(({ name }) => !name.startsWith('nvidia-') && name !== 'triton')
    .map((wanted) => (wanted.name === 'torch' ? { ...wanted, bytes: CPU_TORCH_BYTES } : wanted));
}

/** @param inventory absent when there is no environment that works */
export function comparePackages(
  wanted: readonly LockedPackage[],
  inventory: Inventory | undefined,
): PackageStatus[] {
  const byName = new Map<string, Inventory['packages']>();
  for (const found of inventory?.packages ?? []) {
    const name = normalizedName(found.name);
    byName.set(name, [...(byName.get(name) ?? []), found]);
  }
  return wanted.map(({ name, version }) => {
    const [found, second] = byName.get(name) ?? [];
    const status = { name, wanted: version };
    if (!found) return { ...status, problem: 'it is missing' };
    const installed = { ...status, installed: found.version };
    // Two of one name are what an update leaves that was killed.
    if (second) return { ...installed, problem: 'it is there twice' };
    if (found.damage !== null) return { ...installed, problem: found.damage };
    if (!isVersion(version, found.version)) return { ...installed, problem: 'another version' };
    return installed;
  });
}

/** Those among the wanted packages that have a problem. */
export function packagesToInstall(
  wanted: readonly LockedPackage[],
  packages: readonly PackageStatus[],
): LockedPackage[] {
  const names = new Set(packages.filter(({ problem }) => problem).map(({ name }) => name));
  return wanted.filter(({ name }) => names.has(name));
}

/** In the order to install them: what pip needs, many small ones together, then the large ones. */
export function planBatches(packages: readonly LockedPackage[]): Batch[] {
  const first = packages.filter(({ name }) => FIRST.has(name));
  const others = packages.filter(({ name }) => !FIRST.has(name));
  const small = others.filter(({ bytes }) => bytes < LARGE_BYTES);
  const large = others.filter(({ bytes }) => bytes >= LARGE_BYTES);
  return [first, small, ...large.map((alone) => [alone])]
    .filter((batch) => batch.length > 0)
    .map((batch) => ({ packages: batch, bytes: totalBytes(batch) }));
}

export function totalBytes(packages: readonly LockedPackage[]): number {
  return packages.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** What the packages take on the disk when they are unpacked, roughly. */
export function unpackedBytes(packages: readonly LockedPackage[]): number {
  return Math.round(totalBytes(packages) * UNPACKED);
}

/** Free space an installation needs: what stays, and the largest wheel while it is unpacked. */
export function spaceNeeded(packages: readonly LockedPackage[]): number {
  return unpackedBytes(packages) + Math.max(0, ...packages.map(({ bytes }) => bytes));
}
