/**
 * Finding a Python 3.10. A name proves nothing: `python3.10` on the PATH may be a shim for a
 * version that is not installed, and a Debian Python may lack what makes environments. So every
 * candidate is run and asked.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { parseJsonLine } from './jsonLine.ts';
import type { Steps } from './steps.ts';
import { lastWords } from './toolEnd.ts';

/** What a candidate says of itself. */
const Answer = z.object({
  version: z.tuple([z.int(), z.int(), z.int()]),
  implementation: z.string(),
  machine: z.string(),
  modules: z.object({ venv: z.boolean(), ensurepip: z.boolean() }),
});
type Answer = z.infer<typeof Answer>;

export interface Interpreter {
  /** As it is started: an absolute path, or a name where the search path is a container's. */
  readonly file: string;
  readonly version: string;
}

const question = `
import importlib.util, json, platform, sys
print(json.dumps({
    "version": sys.version_info[:3],
    "implementation": sys.implementation.name,
    "machine": platform.machine(),
    "modules": {m: importlib.util.find_spec(m) is not None for m in ("venv", "ensurepip")},
}))`;

/** A shim may start a whole version manager; a program that is no Python may wait for input. */
const TIMEOUT_MS = 20_000;

/** The interpreter, or why it is none that serves. @throws PilotError cancelled */
export async function probe(steps: Steps, file: string): Promise<Interpreter | string> {
  let answer: Answer | undefined;
  const ended = await steps.run(file, ['-I', '-c', question], {
    timeoutMs: TIMEOUT_MS,
    onLine: (line, stream) => {
      if (stream === 'stdout') answer ??= parseJsonLine(Answer, line);
    },
  });
  return answer === undefined ? lastWords(ended) : judge(file, answer);
}

function judge(file: string, { version, implementation, machine, modules }: Answer) {
  const text = version.join('.');
  if (version[0] !== 3 || version[1] !== 10) return `it is Python ${text}`;
  if (implementation !== 'cpython') return `it is ${implementation}`;
  if (machine !== 'x86_64') return `it is for ${machine}, the compiler for x86_64`;
  if (!modules.venv || !modules.ensurepip) {
    return 'it lacks venv or ensurepip (on Debian and Ubuntu: apt-get install python3.10-venv)';
  }
  return { file, version: text };
}

/**
 * The first candidate that serves, or what was wrong with each.
 * @throws PilotError cancelled
 */
export async function findInterpreter(
  steps: Steps,
  candidates: readonly string[],
): Promise<Interpreter | readonly string[]> {
  const reasons: string[] = [];
  for (const file of candidates) {
    const result = await probe(steps, file);
    if (typeof result !== 'string') return result;
    reasons.push(`${file}: ${result}`);
  }
  return reasons;
}

const NAMES = ['python3.10', 'python3', 'python'];
/** In a container the image decides what there is. */
export const containerCandidates: readonly string[] = NAMES;

/** Below the user's home: where version managers keep the Pythons they have installed. */
const MANAGED = [
  ['.pyenv', 'versions'],
  ['.local', 'share', 'uv', 'python'],
  ['.local', 'share', 'mise', 'installs', 'python'],
  ['.asdf', 'installs', 'python'],
  ['miniconda3', 'envs'],
  ['miniforge3', 'envs'],
];

/**
 * Files of this machine that may be a Python 3.10, the likeliest first.
 * @param brought the folder of Pythons that were brought for this purpose
 */
export async function localCandidates(env: NodeJS.ProcessEnv, brought: string): Promise<string[]> {
  const onPath = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  const userHome = env['HOME'];
  const managed = userHome === undefined ? [] : MANAGED.map((to) => path.join(userHome, ...to));
  if (env['PYENV_ROOT']) managed.unshift(path.join(env['PYENV_ROOT'], 'versions'));
  const listed = await Promise.all([brought, ...managed].map(interpretersIn));
  const named = onPath.map(async (folder) => {
    const entries = new Set(await readdir(folder).catch((): string[] => []));
    return NAMES.filter((name) => entries.has(name)).map((name) => path.join(folder, name));
  });
  const all = [...listed.flat(), ...(await Promise.all(named)).flat()];
  // By name first, so that other versions are only run when nothing better is there.
  all.sort((a, b) => Number(b.endsWith('3.10')) - Number(a.endsWith('3.10')));
  return [...new Set(all)];
}

/** `<folder>/<anything>/bin/python3.10`. */
async function interpretersIn(folder: string): Promise<string[]> {
  const versions = await readdir(folder).catch((): string[] => []);
  const found = versions.map(async (version) => {
    const bin = path.join(folder, version, 'bin');
    const entries = await readdir(bin).catch((): string[] => []);
    return entries.includes('python3.10') ? [path.join(bin, 'python3.10')] : [];
  });
  return (await Promise.all(found)).flat().sort().reverse();
}
