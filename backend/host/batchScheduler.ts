/**
 * The batch loop of one model, a turn at a time: who gets a slot, what goes into the step, what came
 * out of it. What is decided is decided by slotPolicy.ts and batchPolicy.ts.
 */
import { totalmem } from 'node:os';
import { DeviceError, type LoadedModel, type StepPlan } from '../devices/device.ts';
import { chooseBatch, isWorthAborting, type ChunkLimits } from './batchPolicy.ts';
import { rankOf, urgency } from './classOrder.ts';
import { faultOf } from '../devices/fault.ts';
import type { Progress, Submission } from './messages.ts';
import { parkBudget } from './parkBudget.ts';
import { Run } from './run.ts';
import { TOKENS_AS_ONE } from './slotPolicy.ts';
import { SlotTable } from './slotTable.ts';

export interface BatchSchedulerOptions {
  /** Host memory that parked conversations may take; by the machine's, when left out. */
  readonly parkBytes?: number;
  readonly chunks?: ChunkLimits;
  /** Monotonic, in ms. */
  readonly now?: () => number;
}

/** Of a device that predicts nothing, before anything is measured. */
const PREFILL_MS_PER_TOKEN = 1;
/** Weight of the newest step in the measured cost of prefill. */
const NEWEST = 0.2;
/** Aborts in a row that nobody asked for, before they count as a fault. */
const SPONTANEOUS_ABORTS = 3;

export class BatchScheduler {
  readonly #model: LoadedModel;
  readonly #slots: SlotTable;
  readonly #chunks: ChunkLimits | undefined;
  readonly #now: () => number;
  /** Without a slot: newly come, or parked for lack of room. */
  #waiting: Run[] = [];
  /** In the step being computed. */
  #members: readonly Run[] = [];
  #progress = emptyProgress();
  /** Begun so far, the running one included. */
  #steps = 0;
  /** Measured; undefined before the first prefill that tells. */
  #prefillMsPerToken: number | undefined;
  #abortsInARow = 0;

  constructor(model: LoadedModel, options: BatchSchedulerOptions = {}) {
    this.#model = model;
    this.#slots = new SlotTable(model, options.parkBytes ?? parkBudget(totalmem()));
    this.#chunks = options.chunks ?? chunksFor(model);
    this.#now = options.now ?? (() => performance.now());
  }

  get hasWork(): boolean {
    return this.#waiting.length > 0 || this.#slots.runs.length > 0;
  }

  submit(submission: Submission): void {
    const run = new Run(submission, this.#model, this.#now());
    this.#waiting.push(run);
    if (run.hasSlid) this.#progress.slid.push(run.id);
    this.#abortIfWorthIt();
  }

  /** Takes effect before the next step, and in the running one if nobody else needs that. */
  cancel(id: string): void {
    const run = [...this.#waiting, ...this.#slots.runs].find((one) => one.id === id);
    if (run === undefined) return;
    run.cancelledAtStep ??= this.#steps;
    this.#abortIfWorthIt();
  }

  /**
   * One turn: settle, place, step.
   * @returns what happened, to be sent as one message
   * @throws DeviceError hung, lost, timeout, and anything unexpected: the device is of no use then
   */
  async turn(): Promise<Progress> {
    this.#settle();
    this.#place();
    const choice = chooseBatch(this.#views(), this.#chunks);
    const plan = this.#plan(choice.decodes, choice.prefill);
    if (this.#members.length > 0) await this.#step(plan);
    this.#members = [];
    this.#settle();
    const progress = this.#progress;
    this.#progress = emptyProgress();
    return progress;
  }

  /** Ends the runs that are at their end. */
  #settle(): void {
    const isOpen = (run: Run): boolean => {
      if (run.ended === undefined) return true;
      this.#slots.leave(run);
      this.#progress.ended.push(run.end(run.ended));
      return false;
    };
    this.#slots.runs.forEach(isOpen);
    this.#waiting = this.#waiting.filter(isOpen);
  }

  /** Gives slots to those who wait. One who finds no room lets more urgent classes pass, no other. */
  #place(): void {
    const now = this.#now();
    this.#waiting.sort(
      (a, b) =>
        urgency(b.class, now - b.servedAt) - urgency(a.class, now - a.servedAt) ||
        a.order - b.order,
    );
    const prefillMsPerToken =
      this.#prefillMsPerToken ?? this.#model.costs?.prefillMsPerToken ?? PREFILL_MS_PER_TOKEN;
    let passing = Infinity;
    this.#waiting = this.#waiting.filter((run) => {
      if (rankOf(run.class) >= passing) return true;
      const cachedTokens = this.#slots.place(run, prefillMsPerToken);
      if (cachedTokens === undefined) passing = rankOf(run.class);
      else this.#progress.placed.push({ id: run.id, cachedTokens });
      return cachedTokens === undefined;
    });
  }

  #views(): Parameters<typeof chooseBatch>[0] {
    const now = this.#now();
    return this.#slots.runs.map((run) => ({
      slot: slotOf(run),
      class: run.class,
      order: run.order,
      remaining: run.remainingPrefill,
      isFirst: run.computed === 0,
      wantsToken: run.wantsToken,
      waitedMs: now - run.servedAt,
    }));
  }

  #plan(
    decodes: readonly number[],
    prefill: { slot: number; count: number } | undefined,
  ): StepPlan {
    const bySlot = new Map(this.#slots.runs.map((run) => [slotOf(run), run]));
    const runAt = (slot: number): Run => {
      const run = bySlot.get(slot);
      if (run === undefined) throw new RangeError(`Slot ${slot} has no run.`);
      return run;
    };
    this.#members = [...decodes, ...(prefill ? [prefill.slot] : [])].map(runAt);
    const plan: StepPlan = {
      decodes: decodes.map((slot) => ({ slot, token: runAt(slot).sequence.at(-1) ?? 0 })),
    };
    if (prefill === undefined) return plan;
    const { sequence, computed: from, wantsToken } = runAt(prefill.slot);
    const end = from + prefill.count;
    return {
      ...plan,
      prefill: {
        slot: prefill.slot,
        from,
        tokens: Int32Array.from(sequence.slice(from, end)),
        sample: wantsToken && end === sequence.length,
      },
    };
  }

  async #step(plan: StepPlan): Promise<void> {
    const begun = this.#now();
    const step = ++this.#steps;
    for (const run of this.#members) run.lastStep = step;
    let sampled: ReadonlyMap<number, number>;
    try {
      ({ sampled } = await this.#model.step(plan));
    } catch (error) {
      this.#afterFailure(error);
      return;
    }
    this.#abortsInARow = 0;
    const durationMs = this.#now() - begun;
    const prefillTokens = plan.prefill?.tokens.length ?? 0;
    this.#progress.step = {
      step,
      durationMs,
      prefillTokens,
      decodes: plan.decodes.length,
      activeSlots: this.#slots.runs.length,
    };
    this.#learn(durationMs, prefillTokens, plan.decodes.length);
    for (const run of this.#members) this.#advance(run, plan, sampled.get(slotOf(run)));
  }

  #advance(run: Run, plan: StepPlan, token: number | undefined): void {
    const chunk = plan.prefill?.slot === run.slot ? (plan.prefill?.tokens.length ?? 0) : 0;
    if (chunk > 0) run.servedAt = this.#now();
    run.advance(chunk > 0 ? chunk : 1);
    if (run.remainingPrefill > 0 || !run.wantsToken) return;
    if (token === undefined) {
      throw new RangeError(`The device gave no token for slot ${slotOf(run)}.`);
    }
    const { token: answered, text } = run.accept(token);
    const tokens = answered === undefined ? [] : [answered];
    if (tokens.length > 0 || text !== '') this.#progress.answers.push({ id: run.id, tokens, text });
    if (run.ended !== undefined || !this.#slots.slide(run)) return;
    run.servedAt = this.#now();
    this.#progress.slid.push(run.id);
  }

  /** Ends or puts off only what it must; a rejected step has changed no slot. */
  #afterFailure(error: unknown): void {
    if (!(error instanceof DeviceError)) throw error;
    switch (error.code) {
      case 'aborted':
        if (!this.#isAbortWorthIt() && ++this.#abortsInARow > SPONTANEOUS_ABORTS) throw error;
        break;
      case 'noMemory':
        this.#makeRoom(error);
        break;
      case 'invalidModel':
      case 'unsupportedModel':
      case 'tokenizerFailed':
        for (const run of this.#members) this.#fail(run, error);
        break;
      case 'hung':
      case 'lost':
      case 'timeout':
      case 'libraryMissing':
      case 'libraryTooOld':
      case 'noPermission':
      case 'inUse':
        throw error;
      default:
        error.code satisfies never;
    }
  }

  /** The cache is full: empties an idle slot, or puts the least urgent run off. */
  #makeRoom(error: DeviceError): void {
    if (this.#slots.evict()) return;
    const runs = [...this.#slots.runs].sort(
      (a, b) => rankOf(b.class) - rankOf(a.class) || b.order - a.order,
    );
    const [least] = runs;
    if (least === undefined) throw error;
    if (runs.length === 1) {
      this.#fail(least, error);
      return;
    }
    // It goes on when another has ended; what it has computed waits in host memory.
    this.#slots.leave(least);
    this.#waiting.push(least);
    this.#slots.evict();
  }

  #fail(run: Run, error: DeviceError): void {
    this.#slots.leave(run);
    this.#progress.failed.push({ id: run.id, fault: faultOf(error) });
  }

  #abortIfWorthIt(): void {
    if (this.#members.length > 0 && this.#isAbortWorthIt()) this.#model.abort();
  }

  #isAbortWorthIt(): boolean {
    const realOneWaits = this.#waiting.some((run) => run.class !== 'warmup');
    const members = this.#members.map((run) => ({
      class: run.class,
      cancelled: run.cancelledAtStep !== undefined,
    }));
    return isWorthAborting(members, realOneWaits);
  }

  #learn(durationMs: number, prefillTokens: number, decodes: number): void {
    // Few tokens measure the cost of a step, not of its tokens.
    if (decodes > 0 || prefillTokens < 32) return;
    const newest = durationMs / prefillTokens;
    const before = this.#prefillMsPerToken ?? newest;
    this.#prefillMsPerToken = before + NEWEST * (newest - before);
  }
}

/** Where only a first chunk is computed at once it comes whole, and later ones take no longer. */
function chunksFor({ firstChunk }: LoadedModel): ChunkLimits | undefined {
  if (firstChunk === undefined) return undefined;
  const later = Math.ceil(firstChunk / TOKENS_AS_ONE);
  return { shared: firstChunk, alone: firstChunk, later };
}

function slotOf(run: Run): number {
  if (run.slot === undefined) throw new RangeError(`Request ${run.id} has no slot.`);
  return run.slot;
}

function emptyProgress(): Progress {
  return { placed: [], answers: [], slid: [], ended: [], failed: [] };
}
