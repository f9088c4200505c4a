/** pip inside the environment: one batch of locked wheels at a time, with progress in bytes. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { toPlainText } from '../formats/plainText.ts';
import { PilotError } from '../protocol/errors.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { requirementLine, type LockedPackage } from './lock.ts';
import type { Batch } from './plan.ts';
import { PipProgress } from './pipProgress.ts';
import type { Steps } from './steps.ts';
import { hasSucceeded, lastWords, type ToolEnd } from './toolEnd.ts';

const options = [
  // The lock file is complete; what it leaves out is not wanted.
  ...['--no-deps', '--only-binary=:all:', '--no-input', '--disable-pip-version-check'],
  // The environment holds every package once; a cache would hold them again.
  ...['--no-cache-dir', '--no-compile', '--no-warn-script-location'],
];

export interface Done {
  /** Of the batches before this one, and of all that are to do. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/**
 * Installs the wheels of one batch; what is there already is left alone.
 * @param torchIndex where to get torch from instead, without the lock file's sha256
 * @throws PilotError packageMismatch, diskFull, downloadFailed, toolchainFailed, cancelled
 */
export async function installBatch(
  steps: Steps,
  { packages }: Batch,
  before: Done,
  torchIndex: string | undefined,
): Promise<void> {
  const { layout, listener } = steps;
  const names = packages.map(({ name }) => name);
  const what = describeBatch(packages);
  const progress = new PipProgress(what, packages, (step, doneBytes) =>
    listener.onProgress({
      step,
      doneBytes: before.doneBytes + doneBytes,
      totalBytes: before.totalBytes,
    }),
  );
  const isFromElsewhere = torchIndex !== undefined && names.includes('torch');
  const args = isFromElsewhere
    ? [`--index-url=${torchIndex}`, ...packages.map(({ name, version }) => `${name}==${version}`)]
    : await lockedArguments(layout.scratch, packages);
  // The pip of Python 3.10 itself can't report progress; it only installs its successor.
  const bar = `--progress-bar=${names.includes('pip') ? 'off' : 'raw'}`;
  progress.begin(jobSentence('download', { what }));
  const ended = await steps.run(
    layout.python,
    ['-I', '-m', 'pip', 'install', ...options, bar, ...args],
    {
      onLine: (line) => progress.take(line),
      // Wheels on their way: in our folder, so that they are cleared away and the disk is the same.
      env: { TMPDIR: layout.scratch },
    },
  );
  if (!hasSucceeded(ended)) throw pipError(ended, what, layout.root);
}

/** One step of progress, however many wheels it has: a log is not filled with names. */
function describeBatch(packages: readonly LockedPackage[]): string {
  const [first, second] = packages;
  return first && !second ? `${first.name} ${first.version}` : `${packages.length} packages`;
}

async function lockedArguments(folder: string, packages: readonly LockedPackage[]) {
  const file = path.join(folder, 'requirements.txt');
  await writeFile(file, `${packages.map(requirementLine).join('\n')}\n`);
  return ['--require-hashes', '-r', file];
}

/** What pip's last lines mean. */
function pipError(ended: ToolEnd, what: string, folder: string): PilotError {
  const lines = ended.kind === 'notStarted' ? [] : ended.lastLines;
  const has = (text: string): boolean => lines.some((line) => line.includes(text));
  if (has('DO NOT MATCH THE HASHES')) return new PilotError('packageMismatch', { package: what });
  if (has('No space left on device') || has('Disk quota exceeded')) {
    return new PilotError('diskFull', { path: folder, free: 0, needed: 'more' });
  }
  const errors = lines.filter((line) => line.startsWith('ERROR: '));
  const said = errors.at(-1)?.replace('ERROR: ', '');
  const reason = said === undefined ? lastWords(ended) : `pip says ${toPlainText(said, 300)}`;
  // After a failed connection, pip speaks as if the package did not exist.
  if (has('Retrying (Retry(') || has('No matching distribution found') || has('Read timed out')) {
    return new PilotError('downloadFailed', { source: `the package index (${what})`, reason });
  }
  return new PilotError('toolchainFailed', { what, reason });
}
