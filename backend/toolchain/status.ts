/** What there is of the toolchain. Looks, and changes nothing. */
import type { PullListener } from '../models/pullContext.ts';
import type { PackageStatus, ToolchainStatus } from '../protocol/toolchain.ts';
import { takeInventory, type Inventory } from './inventory.ts';
import { toolchainLayout, type ToolchainLayout } from './layout.ts';
import { readLockFile, type LockedPackage, type LockFile } from './lock.ts';
import {
  comparePackages,
  packagesToInstall,
  totalBytes,
  unpackedBytes,
  wantedPackages,
} from './plan.ts';
import { dockerRunner, localRunner, type Runner } from './runner.ts';
import { hasGlibcClash } from './repair.ts';
import { readState, type ToolchainChoice, type ToolchainState } from './state.ts';
import { Steps } from './steps.ts';

export function runnerFor({ docker }: ToolchainChoice, env: NodeJS.ProcessEnv): Runner {
  return docker === undefined ? localRunner(env) : dockerRunner(docker, env);
}

const silent: PullListener = { onProgress: () => undefined, onNotice: () => undefined };

/** @throws PilotError cancelled */
export async function toolchainStatus(
  home: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  readLock: () => Promise<LockFile> = readLockFile,
): Promise<ToolchainStatus> {
  const layout = toolchainLayout(home);
  const state = await readState(layout.state);
  const { lock, digest } = await readLock();
  const wanted = wantedPackages(lock, state?.choice.torchIndex !== undefined);
  if (!state) return describe(layout, undefined, wanted, undefined, digest, []);
  const steps = new Steps(layout, runnerFor(state.choice, env), signal, silent, 'look');
  const taken = await takeInventory(steps);
  const problems = taken.inventory ? [] : [`The environment does not work: ${taken.reason}`];
  if (await hasGlibcClash(layout)) {
    problems.push('Parts of the glibc of the tpu-mlir wheel are in the way of this system’s.');
  }
  const missing = taken.inventory?.missing ?? [];
  if (missing.length > 0) {
    problems.push(`Programs that the compiler needs are not installed: ${missing.join(', ')}.`);
  }
  if (state.folder !== layout.root) problems.push(`It was moved here from ${state.folder}.`);
  return describe(layout, state, wanted, taken.inventory, digest, problems);
}

function describe(
  layout: ToolchainLayout,
  state: ToolchainState | undefined,
  wanted: readonly LockedPackage[],
  inventory: Inventory | undefined,
  digest: string,
  found: readonly string[],
): ToolchainStatus {
  const packages = comparePackages(wanted, inventory);
  const toInstall = packagesToInstall(wanted, packages);
  const problems = [...found, ...(inventory ? packageProblems(packages) : [])];
  const checked = state?.checked?.lock === digest ? state.checked : undefined;
  if (state && inventory && problems.length === 0 && !checked) {
    problems.push('It has not been seen to work yet: run "tpu-pilot toolchain install" again.');
  }
  const isReady = state !== undefined && inventory !== undefined && problems.length === 0;
  return {
    state: isReady ? 'ready' : state ? 'incomplete' : 'missing',
    folder: layout.root,
    ...(state?.choice.docker !== undefined && { docker: state.choice.docker }),
    ...(state?.choice.torchIndex !== undefined && {
      torchIndex: withoutLogin(state.choice.torchIndex),
    }),
    ...(inventory && { python: { path: layout.python, version: inventory.python } }),
    packages,
    programs: checked ? [...checked.programs] : [],
    ...(checked && { checkedAt: checked.at }),
    problems,
    missingBytes: { download: totalBytes(toInstall), disk: unpackedBytes(toInstall) },
  };
}

/** A sentence each; those that are merely missing together, for they may be a hundred. */
function packageProblems(packages: readonly PackageStatus[]): string[] {
  const missing = packages.filter(({ installed }) => installed === undefined);
  const names = missing.slice(0, 5).map(({ name }) => name);
  if (missing.length > names.length) names.push('…');
  return [
    ...(missing.length > 0 ? [`Missing packages: ${missing.length} (${names.join(', ')}).`] : []),
    ...packages
      .filter(({ installed, problem }) => installed !== undefined && problem !== undefined)
      .map(({ name, problem }) => `${name}: ${problem ?? ''}.`),
  ];
}

function withoutLogin(address: string): string {
  if (!URL.canParse(address)) return address;
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
