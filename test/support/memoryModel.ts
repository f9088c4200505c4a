/** A model of the in-memory device: slots of shared cells, as a unified KV cache has them. */
import {
  DeviceError,
  type LoadedModel,
  type LoadOptions,
  type ModelMetadata,
  type ParkedSlot,
  type StepPlan,
  type StepResult,
} from '../../backend/devices/device.ts';
import { resolveSampling, seedAt, type ResolvedSampling } from '../../backend/devices/sampling.ts';
import { checkHeld, checkPlan, checkSlot, checkToken } from '../../backend/devices/stepPlan.ts';
import type { Sampling } from '../../backend/protocol/generation.ts';
import type { MemoryDeviceOptions } from './memoryDevice.ts';
import * as vocabulary from './memoryVocabulary.ts';

/** One place of the KV cache. Slots with a common prefix share the object. */
interface Cell {
  readonly token: number;
}

interface Sampler extends ResolvedSampling {
  readonly history: number[];
}

class MemoryParkedSlot implements ParkedSlot {
  constructor(readonly cells: readonly Cell[]) {}

  get tokens(): number {
    return this.cells.length;
  }

  get bytes(): number {
    return this.tokens * bytesPerToken;
  }
}

const bytesPerToken = 64;
const greedy: Sampling = { temperature: 0 };

export class MemoryModel implements LoadedModel {
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly contextLength: number;
  readonly kvTokens: number;
  /** Every plan that a step was begun for, in order. */
  readonly plans: StepPlan[] = [];
  /** Steps that ended well. */
  stepsDone = 0;

  private readonly cells: Cell[][];
  private readonly samplers: Sampler[];
  private running: AbortController | undefined;
  private failure: Error | undefined;
  private disposed = false;
  private seeds = 0;

  constructor(
    options: LoadOptions,
    private readonly device: Required<MemoryDeviceOptions>,
  ) {
    this.slots = options.slots;
    this.contextLength = Math.min(
      options.contextLength ?? device.trainedContextLength,
      device.trainedContextLength,
    );
    this.kvTokens = options.kvTokens ?? this.slots * this.contextLength;
    this.cells = Array.from({ length: this.slots }, () => []);
    this.samplers = this.cells.map(() => this.samplerOf(greedy, []));
    this.metadata = {
      architecture: 'memory',
      name: 'In-memory model',
      vocabularySize: vocabulary.vocabularySize,
      trainedContextLength: device.trainedContextLength,
      chatTemplate: device.chatTemplate,
      bosToken: vocabulary.bosToken,
      eosToken: vocabulary.eosToken,
      addBos: false,
      endTokens: vocabulary.endTokens,
      specialTokens: vocabulary.specialTokens,
      ...(device.fillIn ? { fillIn: vocabulary.fillInTokens } : {}),
    };
  }

  /** Make the next step reject with this error, after its time has passed. */
  failNextStep(error: Error = new DeviceError('lost', 'The device is gone.')): void {
    this.failure = error;
  }

  /** The tokens that a slot holds. */
  tokens(slot: number): readonly number[] {
    return this.cellsOf(slot).map((cell) => cell.token);
  }

  encode(text: string): Promise<Int32Array> {
    return Promise.resolve(vocabulary.encodeText(text));
  }

  piece(token: number): Uint8Array {
    checkToken(this, token);
    return vocabulary.pieceOf(token);
  }

  length(slot: number): number {
    return this.cellsOf(slot).length;
  }

  configure(slot: number, sampling: Sampling, history: Int32Array): void {
    this.checkIdle();
    checkSlot(this, slot);
    this.samplers[slot] = this.samplerOf(sampling, [...history]);
  }

  async step(plan: StepPlan): Promise<StepResult> {
    this.checkIdle();
    const count = checkPlan(this, plan);
    this.checkRoom(count);
    this.plans.push(plan);
    const abort = new AbortController();
    this.running = abort;
    try {
      await this.device.duringStep(plan, abort.signal);
      if (abort.signal.aborted) throw new DeviceError('aborted', 'The step was aborted.');
      if (this.failure !== undefined) {
        const failure = this.failure;
        this.failure = undefined;
        throw failure;
      }
    } finally {
      this.running = undefined;
    }
    this.stepsDone++;
    return { sampled: this.apply(plan) };
  }

  abort(): void {
    this.running?.abort();
  }

  copyPrefix(from: number, to: number, length: number): void {
    this.checkIdle();
    checkHeld(this, from, length);
    checkSlot(this, to);
    this.cells[to] = this.cellsOf(from).slice(0, length);
  }

  truncate(slot: number, length: number): void {
    this.checkIdle();
    checkHeld(this, slot, length);
    this.cellsOf(slot).length = length;
  }

  release(slot: number): void {
    this.truncate(slot, 0);
  }

  park(slot: number): ParkedSlot {
    this.checkIdle();
    const cells = this.cellsOf(slot).map(({ token }) => ({ token }));
    this.release(slot);
    return new MemoryParkedSlot(cells);
  }

  unpark(slot: number, parked: ParkedSlot): void {
    this.checkIdle();
    checkSlot(this, slot);
    if (!(parked instanceof MemoryParkedSlot)) {
      throw new TypeError('Another driver parked this slot.');
    }
    const { cells } = parked;
    const held = this.cellsOf(slot);
    this.release(slot);
    try {
      this.checkRoom(cells.length);
    } catch (error) {
      this.cells[slot] = held;
      throw error;
    }
    this.cells[slot] = cells.map(({ token }) => ({ token }));
  }

  dispose(): Promise<void> {
    this.abort();
    this.disposed = true;
    return Promise.resolve();
  }

  private apply(plan: StepPlan): Map<number, number> {
    const sampled = new Map<number, number>();
    for (const { slot, token } of plan.decodes) {
      this.cellsOf(slot).push({ token });
      sampled.set(slot, this.sample(slot));
    }
    if (plan.prefill !== undefined) {
      const { slot, tokens, sample } = plan.prefill;
      this.cellsOf(slot).push(...Array.from(tokens, (token) => ({ token })));
      if (sample) sampled.set(slot, this.sample(slot));
    }
    return sampled;
  }

  private sample(slot: number): number {
    const sampler = this.samplers[slot]!;
    const tokens = this.tokens(slot);
    let hash = fnv1a(tokens);
    if (sampler.temperature > 0) hash ^= seedAt(sampler.seed, tokens.length);
    if (sampler.repetitionPenalty !== 1) hash ^= fnv1a(sampler.history);
    const token = vocabulary.nextToken(tokens, hash >>> 0, this.device.endOneIn);
    sampler.history.push(token);
    return token;
  }

  private samplerOf(sampling: Sampling, history: number[]): Sampler {
    return { ...resolveSampling(sampling, () => this.seeds++), history };
  }

  private cellsOf(slot: number): Cell[] {
    checkSlot(this, slot);
    return this.cells[slot]!;
  }

  private checkIdle(): void {
    if (this.disposed) throw new DeviceError('lost', 'The model is disposed.');
    if (this.running !== undefined) throw new RangeError('A step is running.');
  }

  private checkRoom(count: number): void {
    const free = this.kvTokens - new Set(this.cells.flat()).size;
    if (count <= free) return;
    throw new DeviceError('noMemory', `The KV cache has room for ${free} tokens, not ${count}.`, {
      heap: 'KV cache',
      neededBytes: count * bytesPerToken,
      availableBytes: free * bytesPerToken,
    });
  }
}

/** FNV-1a over 32-bit words, with a last mix so that its low bits are as good as its high ones. */
function fnv1a(tokens: readonly number[]): number {
  let hash = 0x811c_9dc5;
  for (const token of tokens) hash = Math.imul(hash ^ token, 0x0100_0193);
  return seedAt(hash >>> 0, tokens.length);
}
