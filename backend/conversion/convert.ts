/** A whole conversion: from a source that is sound to a model of the store. */
import { availableParallelism } from 'node:os';
import { copyFile, mkdir, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { MODEL_FILE } from '../models/bmodelFolder.ts';
import { diskError, makeFolder } from '../models/disk.ts';
import { withLock } from '../models/locks.ts';
import type { ModelStore } from '../models/store.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ConvertParams } from '../protocol/conversion.ts';
import type { ModelInfo } from '../protocol/models.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { parseJsonLine } from '../toolchain/jsonLine.ts';
import { checkResult } from './checkResult.ts';
import { CompilePlan, compileNets } from './compileNets.ts';
import { Compiler, type CompilerEdges } from './compiler.ts';
import { describeFolder, installResult, sweepConversions } from './folder.ts';
import { memoryNeed, workersFor } from './needs.ts';
import { decodeStages, promptLength } from './options.ts';
import { Pace, type Phase } from './pace.ts';
import { prepareConversion, type PlanEdges, type PreparedConversion } from './plan.ts';
import { WorkFolder } from './work.ts';

interface ConversionProgress {
  readonly step: string;
  /** Between 0 and 1. */
  readonly fraction?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

export interface ConversionListener {
  onProgress(progress: ConversionProgress): void;
  onNotice(text: string): void;
  /** A line for the log. */
  log(line: string): void;
}

export interface ConversionEdges extends PlanEdges, CompilerEdges {
  /** Monotonic, in ms. */
  readonly now: () => number;
}

/**
 * Goes on from what an earlier run of the same conversion has left.
 * @throws PilotError what prepareConversion throws, or the first of its problems; conversionFailed,
 * conversionIncomplete, diskFull, homeNotWritable, cancelled
 */
export async function convert(
  store: ModelStore,
  params: ConvertParams,
  listener: ConversionListener,
  signal: AbortSignal,
  edges: ConversionEdges,
): Promise<ModelInfo> {
  const prepared = await prepareConversion(store, params, edges);
  const [problem] = prepared.problems;
  const { existing } = prepared;
  if (existing && params.out === undefined) {
    listener.onNotice(`It is converted already, as ${existing.id}.`);
    return params.alias === undefined ? existing : store.addAlias(existing.id, params.alias);
  }
  if (problem) throw problem;
  for (const notice of prepared.source.notices) listener.onNotice(notice);
  if (prepared.prediction.memory.fit === 'no') {
    listener.onNotice('It is not expected to fit into the memory of one chip.');
  }
  const { work: root } = prepared;
  await makeFolder(path.dirname(root));
  if (params.out === undefined) await sweepConversions(path.dirname(root), root);
  try {
    return await withLock(root, { signal }, async (lost) => {
      const signals = AbortSignal.any([signal, lost]);
      return new Conversion(store, params, prepared, listener, signals, edges).run();
    });
  } catch (error) {
    if (signal.aborted) throw new PilotError('cancelled', {}, { cause: error });
    throw error instanceof PilotError ? error : (diskError(error, root) ?? error);
  }
}

const Lowered = z.object({
  kind: z.enum(['lowered', 'imported']),
  done: z.number().int().min(0),
  total: z.number().int().positive(),
});

class Conversion {
  readonly #pace: Pace;
  readonly #compiler: Compiler;

  constructor(
    private readonly store: ModelStore,
    private readonly params: ConvertParams,
    private readonly prepared: PreparedConversion,
    private readonly listener: ConversionListener,
    private readonly signal: AbortSignal,
    private readonly edges: ConversionEdges,
  ) {
    const { place, work, source } = prepared;
    if (!place) throw new PilotError('toolchainMissing', { reason: 'it is gone' });
    this.#pace = new Pace(edges.now);
    const log = (line: string): void => listener.log(line);
    this.#compiler = new Compiler(place, work, source.folders, signal, log, edges);
  }

  async run(): Promise<ModelInfo> {
    const { work: root, digest, source, options } = this.prepared;
    await this.#compiler.endLeftovers();
    const work = await WorkFolder.open(root, digest);
    await this.#provideSource(work);
    const plan = await this.#lower(work);
    await this.#compile(work, plan);
    await this.#combine(work, plan);
    await checkResult(work, source.shape, options, plan);
    await this.#copyCompanions(work);
    const draft = await describeFolder(work, this.prepared, this.signal, (name, done) =>
      this.#progress('finish', jobSentence('hash', { what: name }), done),
    );
    const model = await installResult(this.store, this.params, this.prepared, work, draft);
    await work.remove();
    return model;
  }

  /** Only what the compiler is meant to read: it would unpickle weights that lie beside. */
  async #provideSource(work: WorkFolder): Promise<void> {
    const { source } = this.prepared;
    if (await work.hasMark('source')) return;
    await rm(work.source, { recursive: true, force: true });
    await mkdir(work.source);
    if (source.format === 'gguf') {
      const step = jobSentence('unpack', { what: path.basename(source.path) });
      this.#progress('import', step, 0);
      await this.#compiler.run('import', 'import_gguf.py', [source.path, work.source], {
        cwd: work.root,
        worker: 0,
        onLine: (line) => this.#onCount(line, 'import', step),
      });
    } else {
      for (const { name } of source.files) {
        if (!name.endsWith('.safetensors') && name !== 'config.json') continue;
        await symlink(path.join(source.folder, name), path.join(work.source, name));
      }
    }
    await work.mark('source');
  }

  async #lower(work: WorkFolder): Promise<CompilePlan> {
    const { options, source } = this.prepared;
    const step = jobSentence('makeGraphs');
    this.#progress('lower', step, 0);
    const parameters = {
      model: work.source,
      work: work.root,
      quantization: options.quantization,
      groupSize: options.groupSize ?? 0,
      isSymmetric: options.isSymmetric,
      sequenceLength: options.sequenceLength,
      maxInputLength: promptLength(options),
      shortestDecode: decodeStages(options).at(-1) ?? 0,
      isDynamic: options.prefill === 'dynamic',
      hasPrefixReuse: options.hasPrefixReuse,
      hasLogits: options.head === 'logits',
      isEmbeddingOnDisk: options.isEmbeddingOnDisk,
      devices: options.devices,
      keepHigh: options.keepHigh,
      target: options.target,
    };
    let plan: CompilePlan | undefined;
    await this.#compiler.run('graphs', 'lower.py', [JSON.stringify(parameters)], {
      cwd: work.root,
      worker: 0,
      onLine: (line, stream) => {
        if (stream !== 'stdout') return;
        plan ??= parseJsonLine(CompilePlan, line);
        this.#onCount(line, 'lower', step);
      },
    });
    if (plan) return plan;
    const reason = `it named no nets for ${source.name}`;
    throw new PilotError('conversionFailed', { part: 'graphs', reason });
  }

  async #compile(work: WorkFolder, plan: CompilePlan): Promise<void> {
    const total = plan.stages.flat().length;
    const need = memoryNeed(this.prepared.source.shape);
    const wanted = Number(this.edges.env['TPU_PILOT_JOBS']) || Infinity;
    const processors = Math.min(availableParallelism(), wanted);
    const workers = workersFor(processors, this.edges.freeMemory(), need);
    let done = 0;
    const report = (net: string): void => {
      const step = jobSentence('compileNet', { net, number: done + 1, total });
      this.#progress('compile', step, done / total);
    };
    await compileNets(this.#compiler, work, plan, workers, {
      onSkipped: (name) => {
        done++;
        this.listener.log(`${name} is compiled already`);
        this.#pace.restart();
      },
      onStarted: report,
      onDone: (name) => {
        done++;
        this.listener.log(`${name} is compiled`);
        if (done < total) report(name);
      },
    });
  }

  async #combine(work: WorkFolder, { combine }: CompilePlan): Promise<void> {
    this.#progress('combine', jobSentence('combineNets'), 0);
    const nets = combine.map((name) => path.join(name, `${name}.bmodel`));
    const out = path.join(work.model, MODEL_FILE);
    await this.#compiler.run(
      'combine',
      'run_tool.py',
      ['model_tool', '--combine', ...nets, '-o', out],
      {
        cwd: work.nets,
        worker: 0,
      },
    );
    const found = await stat(out).catch(() => undefined);
    if (found) return;
    const reason = 'no file was written';
    throw new PilotError('conversionIncomplete', { part: MODEL_FILE, reason });
  }

  /** Tokenizer, chat template and configuration: all that serving needs besides. */
  async #copyCompanions(work: WorkFolder): Promise<void> {
    const { source, options } = this.prepared;
    const isImported = source.format === 'gguf';
    const names = isImported
      ? ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']
      : source.files.map(({ name }) => name).filter((name) => !name.includes('.safetensors'));
    const folder = isImported ? work.source : source.folder;
    for (const name of names) await copyFile(path.join(folder, name), path.join(work.model, name));
    if (options.isEmbeddingOnDisk) {
      const name = 'embedding.bin';
      await rename(path.join(work.tables, name), path.join(work.model, name));
    }
  }

  #onCount(line: string, phase: Phase, step: string): void {
    const counted = parseJsonLine(Lowered, line);
    if (counted) this.#progress(phase, step, counted.done / counted.total);
  }

  #progress(phase: Phase, step: string, done: number): void {
    this.listener.onProgress({ step, ...this.#pace.at(phase, done) });
  }
}
