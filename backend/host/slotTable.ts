/** What each slot of a model holds, and who uses it. Carries out what slotPolicy.ts decides. */
import { isDeviceError, type LoadedModel } from '../devices/device.ts';
import { reservedTokens } from './admission.ts';
import { ParkedStore } from './parkedStore.ts';
import type { Run } from './run.ts';
import { chooseEviction, chooseSlot, type SlotAction, type SlotView } from './slotPolicy.ts';

/** Of a device that does not tell its own, a cautious figure: 1 GB/s. */
const COPY_BYTES_PER_MS = 1e6;

interface SlotState {
  /** Of an idle slot; an active one holds what its run has computed. */
  tokens: readonly number[];
  run: Run | undefined;
  lastUsed: number;
}

/** None of its methods may be called during a step. */
export class SlotTable {
  readonly #slots: readonly SlotState[];
  readonly #parked: ParkedStore;
  #uses = 0;

  /** @param parkBytes host memory that parked conversations may take */
  constructor(
    private readonly model: LoadedModel,
    parkBytes: number,
  ) {
    this.#parked = new ParkedStore(parkBytes);
    this.#slots = Array.from({ length: model.slots }, () => ({
      tokens: [],
      run: undefined,
      lastUsed: 0,
    }));
  }

  /** Runs that have a slot, in the order of the slots. */
  get runs(): readonly Run[] {
    return this.#slots.flatMap(({ run }) => (run === undefined ? [] : [run]));
  }

  /**
   * Give a run a slot, with the longest prefix of its sequence that can be had.
   * @returns the tokens it need not compute; undefined when there is no room for it now
   */
  place(run: Run, prefillMsPerToken: number): number | undefined {
    const { sequence } = run;
    const reserved = reservedTokens(this.model, sequence.length, run.remainingTokens);
    const choice = chooseSlot({ sequence, reserved }, this.#views(), this.#parked.views(), {
      kvTokens: this.model.kvTokens,
      prefillMsPerToken,
      copyBytesPerMs: this.model.costs?.copyBytesPerMs ?? COPY_BYTES_PER_MS,
      firstChunk: this.model.firstChunk,
    });
    if (choice === undefined) return undefined;
    const { slot } = choice;
    const cached = this.#prepare(slot, choice.actions) ? choice.cached : 0;
    const state = this.#state(slot);
    state.run = run;
    state.tokens = [];
    state.lastUsed = ++this.#uses;
    run.slot = slot;
    run.computed = cached;
    this.model.configure(slot, run.sampling, Int32Array.from(run.history));
    return cached;
  }

  /**
   * Drop a run's oldest tokens if its sequence has reached the context; what is behind them will be
   * computed again.
   * @returns whether it had
   */
  slide(run: Run): boolean {
    const { slot } = run;
    if (slot === undefined || !run.slide()) return false;
    // Where a first chunk is cheap, the beginning is computed again with what is behind it.
    const kept = run.computed > (this.model.firstChunk ?? 0) ? run.computed : 0;
    run.computed = kept;
    if (kept === 0) this.model.release(slot);
    else this.model.truncate(slot, kept);
    this.model.configure(slot, run.sampling, Int32Array.from(run.history));
    return true;
  }

  /** Take a run's slot away. What it computed stays there for those who come after. */
  leave(run: Run): void {
    if (run.slot === undefined) return;
    const state = this.#state(run.slot);
    state.tokens = run.sequence.slice(0, run.computed);
    state.run = undefined;
    state.lastUsed = ++this.#uses;
    run.slot = undefined;
    run.computed = 0;
  }

  /** Empty the slot that was idle longest. Returns false when there is none to empty. */
  evict(): boolean {
    const actions = chooseEviction(this.#views(), this.#parked.views());
    if (actions !== undefined) this.#carryOut(actions);
    return actions !== undefined;
  }

  /** Returns false when the cache had no room for what was to be copied: the slot is empty then. */
  #prepare(slot: number, actions: readonly SlotAction[]): boolean {
    try {
      this.#carryOut(actions);
      return true;
    } catch (error) {
      if (!isDeviceError(error, 'noMemory')) throw error;
      this.model.release(slot);
      return false;
    }
  }

  #views(): SlotView[] {
    return this.#slots.map(({ tokens, run, lastUsed }, slot) => ({
      slot,
      tokens: run === undefined ? tokens : run.sequence.slice(0, run.computed),
      active: run !== undefined,
      reserved:
        run === undefined
          ? 0
          : reservedTokens(this.model, run.submission.prompt.length, run.submission.maxTokens),
      lastUsed,
    }));
  }

  #carryOut(actions: readonly SlotAction[]): void {
    // Looked up first: parking something else may push it out of the store.
    const wanted = new Map(
      actions.flatMap((action) =>
        action.kind === 'unpark' ? [[action.key, this.#parked.use(action.key).slot] as const] : [],
      ),
    );
    for (const action of actions) {
      switch (action.kind) {
        case 'truncate':
          this.model.truncate(action.slot, action.length);
          break;
        case 'release':
          this.model.release(action.slot);
          this.#state(action.slot).tokens = [];
          break;
        case 'fork':
          this.model.copyPrefix(action.from, action.to, action.length);
          break;
        case 'park':
          this.#park(action.slot);
          break;
        case 'parkCopy':
          this.model.unpark(action.slot, this.#park(action.slot));
          this.model.truncate(action.slot, action.length);
          break;
        case 'unpark': {
          const parked = wanted.get(action.key);
          if (parked !== undefined) this.model.unpark(action.slot, parked);
          break;
        }
        default:
          action satisfies never;
      }
    }
  }

  #park(slot: number): ReturnType<LoadedModel['park']> {
    const state = this.#state(slot);
    const parked = this.model.park(slot);
    this.#parked.add(state.tokens, parked);
    state.tokens = [];
    return parked;
  }

  #state(slot: number): SlotState {
    const state = this.#slots[slot];
    if (state === undefined) throw new RangeError(`There is no slot ${slot}.`);
    return state;
  }
}
