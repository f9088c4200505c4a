/**
 * Installs the toolchain, or what is missing of it. Always begins by looking at what is there: so
 * an installation that was cancelled or killed goes on, and a damaged one is repaired, by the same
 * steps as the first.
 */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { freeBytes, makeFolder, requireSpace, type FreeBytes } from '../models/disk.ts';
import { withLock } from '../models/locks.ts';
import type { PullListener } from '../models/pullContext.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ToolchainInstallParams, ToolchainStatus } from '../protocol/toolchain.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { takeInventory, type Inventory } from './inventory.ts';
import { toolchainLayout, type ToolchainLayout } from './layout.ts';
import { missingPrograms } from './kernels.ts';
import { readLockFile, type LockFile } from './lock.ts';
import { installBatch } from './pip.ts';
import {
  comparePackages,
  packagesToInstall,
  planBatches,
  spaceNeeded,
  totalBytes,
  unpackedBytes,
  wantedPackages,
} from './plan.ts';
import { providePython } from './providePython.ts';
import { forgetDamaged, moveGlibcAside, placeParallel } from './repair.ts';
import { selfCheck } from './selfCheck.ts';
import { isSameChoice, mergeChoice, readState, writeState } from './state.ts';
import { runnerFor, toolchainStatus } from './status.ts';
import { Steps } from './steps.ts';
import { hasSucceeded, lastWords } from './toolEnd.ts';

export interface InstallEdges {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: string;
  readonly freeBytes: FreeBytes;
  readonly readLock: () => Promise<LockFile>;
}

export const defaultInstallEdges = (env: NodeJS.ProcessEnv): InstallEdges => ({
  env,
  platform: `${process.platform}-${process.arch}`,
  freeBytes,
  readLock: readLockFile,
});

/**
 * Resolves with the status when everything is installed and has been seen to work.
 * @throws PilotError toolchainPlatform, toolchainPython, toolchainFailed, toolchainBroken,
 * toolchainPrograms, dockerFailed, packageMismatch, downloadFailed, diskFull, homeNotWritable, cancelled
 */
export async function installToolchain(
  home: string,
  params: ToolchainInstallParams,
  listener: PullListener,
  signal: AbortSignal,
  edges: InstallEdges,
): Promise<ToolchainStatus> {
  const layout = toolchainLayout(home);
  await makeFolder(layout.root);
  const onWait = (): void => listener.onNotice('Another installation is at work; waiting for it.');
  try {
    await withLock(layout.lock, { signal, onWait }, async (lost) => {
      // It may have been removed while this one waited.
      await makeFolder(layout.root);
      const log = createWriteStream(layout.log);
      try {
        const signals = AbortSignal.any([signal, lost]);
        await install(layout, params, { listener, signal: signals, edges, log });
      } finally {
        log.end();
      }
    });
  } catch (error) {
    if (signal.aborted) throw new PilotError('cancelled', {}, { cause: error });
    throw error;
  }
  return toolchainStatus(home, edges.env, signal, edges.readLock);
}

interface Work {
  readonly listener: PullListener;
  readonly signal: AbortSignal;
  readonly edges: InstallEdges;
  readonly log: WriteStream;
}

async function install(
  layout: ToolchainLayout,
  params: ToolchainInstallParams,
  { listener, signal, edges, log }: Work,
): Promise<void> {
  const { root: folder } = layout;
  const before = await readState(layout.state);
  const choice = mergeChoice(before?.choice ?? {}, params);
  const runner = runnerFor(choice, edges.env);
  if (runner.isLocal && edges.platform !== 'linux-x64') {
    throw new PilotError('toolchainPlatform', { platform: edges.platform });
  }
  const steps = new Steps(layout, runner, signal, listener, 'install', (line) =>
    log.write(`${line}\n`),
  );
  await steps.endLeftovers();
  await rm(layout.scratch, { recursive: true, force: true });
  await mkdir(layout.scratch);
  if (!runner.isLocal) await provideImage(steps);
  const missing = await missingPrograms(steps);
  if (missing.length > 0) {
    throw new PilotError('toolchainPrograms', { programs: missing.join(', ') });
  }

  // Scripts of an environment name its folder, so that it can't be moved.
  const isSame = before?.folder === folder && isSameChoice(before.choice, choice);
  const inventory = isSame ? await usableInventory(steps) : undefined;
  await writeState(layout.state, { folder, choice });

  const { lock, digest } = await edges.readLock();
  const wanted = wantedPackages(lock, choice.torchIndex !== undefined);
  const toInstall = packagesToInstall(wanted, comparePackages(wanted, inventory));
  const python = inventory
    ? undefined
    : await providePython(steps, { named: choice.python, env: edges.env, lock });
  if (toInstall.length > 0) {
    const [download, disk] = [totalBytes(toInstall), unpackedBytes(toInstall)].map(sizeText);
    listener.onNotice(`To download: ${download ?? ''}. On the disk: ${disk ?? ''}, in ${folder}.`);
    await requireSpace(folder, spaceNeeded(toInstall), edges.freeBytes);
    // Of the compiler that was there before.
    await rm(layout.kernels, { recursive: true, force: true });
  }
  if (python) await makeEnvironment(steps, python.file);
  else if (inventory) await forgetDamaged(inventory, layout);
  if (choice.torchIndex !== undefined && toInstall.some(({ name }) => name === 'torch')) {
    listener.onNotice('torch comes from the index given, so the lock file can’t vouch for it.');
  }
  let doneBytes = 0;
  for (const batch of planBatches(toInstall)) {
    const done = { doneBytes, totalBytes: totalBytes(toInstall) };
    await installBatch(steps, batch, done, choice.torchIndex);
    doneBytes += batch.bytes;
  }
  await moveGlibcAside(layout);
  await placeParallel(layout);
  await requireComplete(steps, wanted);
  const programs = await selfCheck(steps, lock);
  const checked = { at: new Date().toISOString(), lock: digest, programs };
  await writeState(layout.state, { folder, choice, checked });
  await rm(layout.scratch, { recursive: true, force: true });
}

/** Docker fetches it when something is first run in it, which may take longer than a step has. */
async function provideImage(steps: Steps): Promise<void> {
  steps.listener.onProgress({ step: jobSentence('getImage', { image: steps.runner.place }) });
  await steps.run('true', []);
}

/** Undefined when the environment is to be made anew. */
async function usableInventory(steps: Steps): Promise<Inventory | undefined> {
  steps.listener.onProgress({ step: jobSentence('lookInstalled') });
  const { inventory } = await takeInventory(steps);
  const hasPip = inventory?.packages.some(({ name }) => name === 'pip');
  return inventory?.python.startsWith('3.10.') && hasPip ? inventory : undefined;
}

async function makeEnvironment(steps: Steps, python: string): Promise<void> {
  const { layout, listener } = steps;
  listener.onProgress({ step: jobSentence('makeEnvironment') });
  await rm(layout.env, { recursive: true, force: true });
  const ended = await steps.run(python, ['-I', '-m', 'venv', layout.env]);
  if (!hasSucceeded(ended)) {
    const what = 'the Python environment';
    throw new PilotError('toolchainFailed', { what, reason: lastWords(ended) });
  }
}

/** pip may have said that all is well. */
async function requireComplete(
  steps: Steps,
  wanted: Parameters<typeof comparePackages>[0],
): Promise<void> {
  steps.listener.onProgress({ step: jobSentence('checkPackages') });
  const taken = await takeInventory(steps);
  if (!taken.inventory) throw new PilotError('toolchainBroken', { reason: taken.reason });
  const wrong = comparePackages(wanted, taken.inventory).filter(({ problem }) => problem);
  if (wrong.length === 0) return;
  const reason = wrong.slice(0, 5).map(({ name, problem }) => `${name}: ${problem ?? ''}`);
  throw new PilotError('toolchainBroken', { reason: reason.join('; ') });
}

function sizeText(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
