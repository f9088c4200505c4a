/** A verification from its beginning to its report. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Bmodel } from '../formats/bmodel.ts';
import type { ModelStore } from '../models/store.ts';
import { weightBits } from '../prediction/build.ts';
import { PilotError } from '../protocol/errors.ts';
import type {
  GreedyComparison,
  SubModelVerification,
  VerificationReport,
  VerifyParams,
} from '../protocol/verification.ts';
import { jobSentence } from '../protocol/jobSentences.ts';
import { findToolchain, type InstalledToolchain } from '../toolchain/find.ts';
import { withLinkedFolders } from '../toolchain/linkedFolders.ts';
import { greedyTokens } from './answers.ts';
import { countLayers, isLanguageModel, layerOf, planNets, type Case } from './cases.ts';
import type { FindVerifyDevice, VerifyDevice } from './device.ts';
import { measureAnswers } from './differences.ts';
import { givenCase } from './givenCase.ts';
import { checkIntegrity } from './integrity.ts';
import { runCases, type CaseResult, type CasesOptions } from './netCases.ts';
import {
  EUCLIDEAN_THRESHOLD,
  judgeGreedy,
  judgeSubModel,
  keepHighFor,
  notesOn,
  verdict,
} from './policy.ts';
import { findReference, NEW_TOKENS, runReference, type ReferencePrompt } from './reference.ts';
import { summarize, writeReport } from './reportFile.ts';
import { copyScripts } from './scripts.ts';
import { findTarget, type VerifyTarget } from './target.ts';
import { VerifyTool } from './tool.ts';

export interface VerifyListener {
  onProgress(progress: { readonly step: string; readonly fraction?: number | undefined }): void;
  log(line: string): void;
}

export interface VerifyEdges {
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  readonly findToolchain: (home: string, env: NodeJS.ProcessEnv) => Promise<InstalledToolchain>;
  readonly findDevice: FindVerifyDevice;
}

/** @param findDevice what the compiled model is run on */
export const defaultVerifyEdges = (findDevice: FindVerifyDevice): VerifyEdges => ({
  env: process.env,
  now: () => new Date(),
  findToolchain,
  findDevice,
});

/** Shares of the time that the float model takes before the device begins. */
const REFERENCE_SHARE = 0.15;
/** That the nets take, before whole answers are decoded. */
const NETS_SHARE = 0.6;

/**
 * Compares a compiled model with its float model, or with what the user gives, and writes the
 * report beside it.
 * @throws PilotError when nothing could be compared: modelDamaged, wrongChip, referenceMissing,
 * dataUnfit, cardMissing, toolchainMissing, verificationStopped, cancelled and others
 */
export async function verifyModel(
  store: ModelStore,
  params: VerifyParams,
  listener: VerifyListener,
  signal: AbortSignal,
  edges: VerifyEdges,
): Promise<VerificationReport> {
  const startedAt = edges.now();
  const isWhole = [params.layers, params.input, params.reference, params.net].every(
    (one) => one === undefined,
  );
  const findDevice = (): Promise<VerifyDevice> => edges.findDevice(store.home, params.on);
  // That there is no card is told before anything is read.
  const card = params.on === 'card' ? await findDevice() : undefined;
  const target = await findTarget(store, params.model);
  listener.onProgress({ step: jobSentence('check', { what: path.basename(target.bmodel) }) });
  const bmodel = await checkIntegrity(target, signal);
  if (bmodel.devices > 1) {
    const reason = `it is built for ${bmodel.devices} chips, and a verification has one`;
    throw new PilotError('verificationStopped', { part: target.name, reason });
  }
  const place = await edges.findToolchain(store.home, edges.env);
  const device = card ?? (await findDevice());
  const work = path.join(store.home, 'verification');
  // Jobs run one at a time, so what is there is of a backend that was killed.
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true, mode: 0o700 });
  try {
    const context = { target, bmodel, place, device, work, params, listener, signal };
    const found = await new Verification(context).compare();
    const report: VerificationReport = {
      reportVersion: 1,
      model: target.name,
      folder: target.folder,
      createdAt: startedAt.toISOString(),
      passed: verdict(found.subModels, found.greedy),
      on: params.on,
      threshold: params.threshold,
      euclideanThreshold: EUCLIDEAN_THRESHOLD,
      ...(target.quantization && { quantization: target.quantization }),
      ...(params.layers && { layers: params.layers }),
      seconds: (edges.now().getTime() - startedAt.getTime()) / 1000,
      subModels: found.subModels,
      greedy: found.greedy,
      ...(found.keepHigh !== undefined && { keepHigh: found.keepHigh }),
      notes: found.notes,
    };
    await writeReport(target.reportFile, report);
    if (isWhole && target.manifest !== undefined) {
      await summarize(store, target.manifest, report);
    }
    return report;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

interface Context {
  readonly target: VerifyTarget;
  readonly bmodel: Bmodel;
  readonly place: InstalledToolchain;
  readonly device: VerifyDevice;
  readonly work: string;
  readonly params: VerifyParams;
  readonly listener: VerifyListener;
  readonly signal: AbortSignal;
}

type Findings = Pick<VerificationReport, 'subModels' | 'greedy' | 'keepHigh' | 'notes'>;

class Verification {
  constructor(private readonly context: Context) {}

  async compare(): Promise<Findings> {
    const { params } = this.context;
    if (params.input !== undefined || params.reference !== undefined || params.net !== undefined) {
      return this.#compareGiven();
    }
    return this.#compareWithFloatModel();
  }

  async #compareWithFloatModel(): Promise<Findings> {
    const { target, bmodel, params, listener } = this.context;
    if (!isLanguageModel(bmodel.nets)) {
      const reason = 'it is no language model; give --input and --reference';
      throw new PilotError('referenceMissing', { model: target.name, reason });
    }
    const layers = countLayers(bmodel.nets);
    const beyond = params.layers?.find((layer) => layer >= layers);
    if (beyond !== undefined) {
      const reason = `there is no layer ${beyond}; the last one is ${layers - 1}`;
      throw new PilotError('dataUnfit', { reason });
    }
    const reference = await findReference(target, params.source);
    const tool = await this.#tool([path.dirname(reference.tokenizer), reference.source]);
    const prompts = await runReference(tool, reference, longestPrompt(bmodel), (step) =>
      listener.onProgress({ step }),
    );
    const { nets, unknown } = planNets(bmodel.nets, params.layers);
    const cases = nets.map((net) => ({ net }));
    const promptTokens = prompts.map(({ tokens }) => tokens.length);
    const results = await this.#run(tool, { promptTokens, layers }, cases);
    const bits = target.quantization ? weightBits(target.quantization) : 8;
    const subModels = nets.map((name, i) => this.#subModel(name, results[i]));
    const greedy = params.layers
      ? []
      : await this.#decode(tool, reference.tokenizer, prompts, bits);
    const notes = notesOn(subModels, greedy);
    if (unknown.length > 0)
      notes.push(`Not compared, for they are unknown: ${unknown.join(', ')}.`);
    if (params.layers) notes.push('Whole answers were not compared, as only some layers were.');
    return { subModels, greedy, keepHigh: keepHighFor(subModels, bits, target.keepHigh), notes };
  }

  async #compareGiven(): Promise<Findings> {
    const { bmodel, params } = this.context;
    const one = givenCase(bmodel, params);
    const tool = await this.#tool([path.dirname(one.input), path.dirname(one.reference)]);
    const [result] = await this.#run(tool, { promptTokens: [], layers: 0 }, [one]);
    if (result && 'isRefused' in result) {
      throw new PilotError('dataUnfit', { reason: result.failure });
    }
    const name = one.given ?? 'whole model';
    return { subModels: [this.#subModel(name, result)], greedy: [], notes: [] };
  }

  #subModel(name: string, result: CaseResult | undefined): SubModelVerification {
    const layer = layerOf(name);
    const found =
      result && 'failure' in result
        ? { tensors: [], failure: result.failure }
        : { tensors: result?.tensors ?? [] };
    return judgeSubModel({ name, layer, ...found }, this.context.params.threshold);
  }

  async #tool(folders: readonly string[]): Promise<VerifyTool> {
    const { place, work, target, signal, listener } = this.context;
    await copyScripts(path.join(work, 'python'));
    const seen = await withLinkedFolders([target.folder, ...folders]);
    const tool = new VerifyTool(place, work, seen, signal, (line) => listener.log(line));
    await tool.endLeftovers();
    return tool;
  }

  /** Whole answers, by the driver; then how much the float model minds where they leave it. */
  async #decode(
    tool: VerifyTool,
    tokenizer: string,
    prompts: readonly ReferencePrompt[],
    bits: number,
  ): Promise<GreedyComparison[]> {
    const answers = await this.#answers(prompts);
    const lengths = prompts.map(({ tokens }) => tokens.length);
    const tokens = answers.map((answer) => (Array.isArray(answer) ? answer : []));
    const figures = await measureAnswers(tool, tokenizer, lengths, tokens);
    return prompts.map(({ prompt, tokens: { length: promptTokens }, expected }, i) => {
      const [answer, found] = [answers[i], figures[i]];
      const text = typeof answer === 'string' ? `(${answer})` : (found?.text ?? '');
      const { difference } = found ?? {};
      const actual = tokens[i] ?? [];
      return judgeGreedy({ prompt, promptTokens, expected, actual, text, difference }, bits);
    });
  }

  /** @returns tokens, or why there are none */
  async #answers(prompts: readonly ReferencePrompt[]): Promise<(number[] | string)[]> {
    const { target, device, signal, listener } = this.context;
    const model = await device.openAnswers(target.bmodel, signal).catch((error: unknown) => {
      if (error instanceof PilotError && error.errorName === 'unsupportedModel') return error;
      throw error;
    });
    if (model instanceof PilotError) return prompts.map(() => model.message);
    try {
      const answers: (number[] | string)[] = [];
      for (const [i, { tokens, expected }] of prompts.entries()) {
        const share = NETS_SHARE + (1 - REFERENCE_SHARE - NETS_SHARE) * (i / prompts.length);
        const step = jobSentence('decode', { number: i + 1 });
        listener.onProgress({ step, fraction: REFERENCE_SHARE + share });
        answers.push(
          await greedyTokens(model, tokens, expected).catch((error: unknown) => {
            if (signal.aborted || !(error instanceof PilotError)) throw error;
            return error.message;
          }),
        );
      }
      return answers;
    } finally {
      await model.close();
    }
  }

  async #run(
    tool: VerifyTool,
    options: Pick<CasesOptions, 'promptTokens' | 'layers'>,
    cases: readonly Case[],
  ): Promise<CaseResult[]> {
    const { target, device, signal, listener } = this.context;
    const step = jobSentence('loadDevice');
    listener.onProgress({ step, fraction: REFERENCE_SHARE });
    const nets = await device.openNets(target.bmodel, signal);
    try {
      const about = { ...options, bmodel: target.bmodel };
      return await runCases(tool, nets, about, cases, (done, current) => {
        const fraction = REFERENCE_SHARE + NETS_SHARE * (done / cases.length);
        listener.onProgress({ step: describeCase(current), fraction });
      });
    } finally {
      await nets.close();
    }
  }
}

function describeCase(one: Case): string {
  if ('net' in one) return jobSentence('compare', { net: one.net });
  return one.given === null
    ? jobSentence('compareModel')
    : jobSentence('compare', { net: one.given });
}

/** Tokens of a prompt that leave room for its answer, and that the model takes at once if it must. */
function longestPrompt({ nets }: Bmodel): number {
  const dimension = (net: string, input: number): number =>
    nets.find(({ name }) => name === net)?.stages[0]?.inputs[input]?.shape[1] ?? 0;
  const room = dimension('block_cache_0', 3) - NEW_TOKENS;
  const hasChunks = nets.some(({ name }) => name === 'block_kv_0');
  return Math.max(1, hasChunks ? room : Math.min(room, dimension('block_0', 0)));
}
