/** A Python 3.10 to make the environment with: named, found, or brought by uv. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import {
  containerCandidates,
  findInterpreter,
  localCandidates,
  type Interpreter,
} from './interpreter.ts';
import { requirementLine, type ToolchainLock } from './lock.ts';
import type { Steps } from './steps.ts';
import { hasSucceeded, lastWords } from './toolEnd.ts';

export interface PythonWish {
  /** The one to use, and no other. */
  readonly named: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly lock: ToolchainLock;
}

/** @throws PilotError toolchainPython with what was tried; dockerFailed; cancelled */
export async function providePython(steps: Steps, wish: PythonWish): Promise<Interpreter> {
  const { layout, listener, runner } = steps;
  listener.onProgress({ step: jobSentence('findPython') });
  let candidates: readonly string[] = containerCandidates;
  if (wish.named !== undefined) candidates = [wish.named];
  else if (runner.isLocal) candidates = await localCandidates(wish.env, layout.pythons);
  const found = await findInterpreter(steps, candidates);
  if (!isReasons(found)) return found;
  if (wish.named === undefined && runner.isLocal) {
    const brought = await bringPython(steps, wish.lock);
    if (typeof brought !== 'string') return brought;
    throw new PilotError('toolchainPython', { reason: [...relevant(found), brought].join('; ') });
  }
  throw new PilotError('toolchainPython', { reason: relevant(found).join('; ') });
}

function isReasons(found: Interpreter | readonly string[]): found is readonly string[] {
  return Array.isArray(found);
}

/** That a Python 3.12 is another version is no news; the few that should have been one are. */
function relevant(reasons: readonly string[]): readonly string[] {
  const wanted = reasons.filter((reason) => reason.includes('python3.10:'));
  return (wanted.length > 0 ? wanted : reasons).slice(0, 3);
}

/** uv installs a Python of its own below the toolchain's folder, or the reason why it can't. */
async function bringPython(steps: Steps, lock: ToolchainLock): Promise<Interpreter | string> {
  const { layout, listener } = steps;
  listener.onNotice('There is no Python 3.10 here; trying to bring one with uv.');
  const uv = await provideUv(steps, lock);
  if (uv === undefined) return 'uv, which could bring one, can neither be found nor installed';
  listener.onProgress({ step: jobSentence('download', { what: `Python ${lock.python}` }) });
  const ended = await steps.run(uv, ['python', 'install', lock.python, '--no-cache'], {
    // No links in the user's own folders.
    env: { UV_PYTHON_INSTALL_DIR: layout.pythons, UV_PYTHON_INSTALL_BIN: '0' },
  });
  if (!hasSucceeded(ended)) return `uv could not bring one: ${lastWords(ended)}`;
  const found = await findInterpreter(steps, await localCandidates({}, layout.pythons));
  return isReasons(found) ? `the one that uv brought does not work: ${found.join('; ')}` : found;
}

/** The user's uv, or the locked one, which any Python with pip can install. */
async function provideUv(steps: Steps, { uv }: ToolchainLock): Promise<string | undefined> {
  const { uv: folder, scratch } = steps.layout;
  const own = path.join(folder, 'bin', 'uv');
  for (const file of ['uv', own]) {
    if (hasSucceeded(await steps.run(file, ['--version']))) return file;
  }
  steps.listener.onProgress({ step: jobSentence('install', { what: `uv ${uv.version}` }) });
  const requirements = path.join(scratch, 'uv.txt');
  await writeFile(requirements, `${requirementLine(uv)}\n`);
  const options = ['--no-deps', '--require-hashes', '--no-cache-dir', '--no-input', '--upgrade'];
  for (const python of ['python3', 'python']) {
    const args = ['-m', 'pip', 'install', ...options, '--target', folder, '-r', requirements];
    if (hasSucceeded(await steps.run(python, args))) return own;
  }
  return undefined;
}
