/** Runs the compiler on nets nobody has asked about yet, one after the other. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, requireSpace, type FreeBytes } from '../models/disk.ts';
import { withLock } from '../models/locks.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Details } from '../protocol/fillIn.ts';
import { jobSentence, type JobSentence } from '../protocol/jobSentences.ts';
import { toolchainLayout } from '../toolchain/layout.ts';
import { readLockFile } from '../toolchain/lock.ts';
import { readState } from '../toolchain/state.ts';
import { runnerFor, toolchainStatus } from '../toolchain/status.ts';
import { endRun } from '../toolchain/toolProcess.ts';
import { predictionLayout } from './layout.ts';
import { CompilerRun } from './compilerRun.ts';
import { FiguresCache, type NetFigures } from './netFigures.ts';
import { jobKey, type Description, type NetJob } from './nets.ts';

export interface CompileControl {
  readonly signal: AbortSignal;
  onProgress(progress: { readonly step: string; readonly fraction?: number }): void;
  onNotice(text: string): void;
}

export interface CompileEdges {
  readonly env: NodeJS.ProcessEnv;
  readonly freeBytes?: FreeBytes;
}

/** Figures that are known from elsewhere. */
export type Known = readonly (readonly [NetJob, NetFigures])[];

export interface Compiled {
  /** Of the compiler. */
  readonly version: string;
  /** @throws Error for a job that was not asked for */
  of(job: NetJob): NetFigures;
}

/**
 * Figures of all jobs; only those that nobody has asked for before are compiled. Cancelled or
 * failed, it keeps what was compiled until then, and leaves nothing else behind.
 * @throws PilotError toolchainMissing, toolchainBroken, compilationFailed, diskFull,
 * homeNotWritable, cancelled
 */
export async function compileNets(
  home: string,
  jobs: readonly NetJob[],
  control: CompileControl,
  edges: CompileEdges,
  given: Known = [],
): Promise<Compiled> {
  const { cache, version } = await openCache(home);
  const first = await lookUp(cache, jobs, given);
  if (first.missing.length === 0) return compiled(version, first.known);
  await requireToolchain(home, control, edges);
  const { root } = predictionLayout(home);
  await makeFolder(root);
  const onWait = (): void => control.onNotice('Another prediction is compiling; waiting for it.');
  try {
    await withLock(root, { signal: control.signal, onWait }, async (lost) => {
      const { missing } = await lookUp(cache, jobs, given);
      await compile(home, missing, cache, control, AbortSignal.any([control.signal, lost]), edges);
    });
  } catch (error) {
    if (control.signal.aborted) throw new PilotError('cancelled', {}, { cause: error });
    throw error;
  }
  return compiled(version, (await lookUp(cache, jobs, given)).known);
}

function compiled(version: string, known: ReadonlyMap<string, NetFigures>): Compiled {
  return {
    version,
    of: (job) => {
      const figures = known.get(jobKey(job));
      if (!figures) throw new Error(`The net ${job.net} was not compiled.`);
      return figures;
    },
  };
}

/** Figures are of the compiler that the lock file names, byte for byte. */
async function openCache(home: string): Promise<{ cache: FiguresCache; version: string }> {
  const { lock } = await readLockFile();
  const compiler = lock.packages.find(({ name }) => name === 'tpu-mlir');
  const id = `${compiler?.version ?? ''} ${compiler?.sha256 ?? ''}`;
  const cache = new FiguresCache(predictionLayout(home).figures, id);
  return { cache, version: `tpu-mlir ${compiler?.version ?? ''}` };
}

async function lookUp(cache: FiguresCache, jobs: readonly NetJob[], given: Known) {
  const known = new Map(given.map(([job, figures]) => [jobKey(job), figures]));
  const missing: NetJob[] = [];
  for (const job of jobs) {
    if (known.has(jobKey(job))) continue;
    const figures = await cache.get(job);
    if (figures) known.set(jobKey(job), figures);
    else missing.push(job);
  }
  return { known, missing };
}

async function requireToolchain(
  home: string,
  control: CompileControl,
  { env }: CompileEdges,
): Promise<void> {
  control.onProgress({ step: jobSentence('findCompiler') });
  const { state, problems } = await toolchainStatus(home, env, control.signal);
  if (state === 'ready') return;
  const reason = problems[0] ?? 'there is nothing of it in the home folder';
  throw new PilotError(state === 'missing' ? 'toolchainMissing' : 'toolchainBroken', { reason });
}

async function compile(
  home: string,
  jobs: readonly NetJob[],
  cache: FiguresCache,
  control: CompileControl,
  signal: AbortSignal,
  { env, freeBytes }: CompileEdges,
): Promise<void> {
  const { work } = predictionLayout(home);
  const layout = toolchainLayout(home);
  const choice = (await readState(layout.state))?.choice ?? {};
  const runner = runnerFor(choice, env);
  // One for the whole folder: what a backend that was killed left running has it too.
  const runId = `predict:${work}`;
  await endRun(runner, runId);
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  try {
    const groups = groupByDescription(jobs);
    await requireSpace(work, Math.max(...groups.map(neededBytes)), freeBytes);
    const total = jobs.length + groups.length;
    let done = 0;
    const advance = (name: JobSentence, details: Details = {}): void => {
      const step = jobSentence(name, { ...details, number: done + 1, total });
      control.onProgress({ step, fraction: done / total });
      done++;
    };
    for (const { description, jobs: own } of groups) {
      const folder = path.join(work, `${done}`);
      const run = new CompilerRun({ runner, layout, runId, folder, signal });
      advance(description.part === 'head' ? 'writeHead' : 'writeLayer');
      await run.describe(description);
      for (const job of own) {
        advance('compileNet', { net: job.net });
        await cache.put(job, await run.compile(job));
      }
      await rm(folder, { recursive: true, force: true });
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Group {
  readonly description: Description;
  readonly jobs: NetJob[];
}

function groupByDescription(jobs: readonly NetJob[]): Group[] {
  const groups = new Map<string, Group>();
  for (const job of jobs) {
    const key = JSON.stringify(job.description);
    const group = groups.get(key) ?? { description: job.description, jobs: [] };
    group.jobs.push(job);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Weights are written as 32-bit floats for each net, and twice more while one is compiled. */
function neededBytes({
  description: { config, part, sequenceLength, shortestDecode },
}: Group): number {
  const of = (key: string): number => Number(config[key]);
  const width = of('head_dim') * (2 * of('num_attention_heads') + 2 * of('num_key_value_heads'));
  const layer = of('hidden_size') * (width + 3 * of('intermediate_size'));
  const head = of('hidden_size') * of('vocab_size');
  const stages = shortestDecode > 0 ? Math.ceil(Math.log2(sequenceLength / shortestDecode)) : 0;
  return Float32Array.BYTES_PER_ELEMENT * (part === 'head' ? 6 * head : (6 + stages) * layer);
}
