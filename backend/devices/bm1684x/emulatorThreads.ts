/**
 * The emulator's engines are threads that wait by spinning, even when there is nothing to do: six
 * of them on two cores leave little to the one that works. Linux gives threads priorities of their
 * own. With those of the three engines that language models hardly use at the lowest, a launch
 * takes about a third of the time (measured: 2 cores, one layer, 80 ms against 240). While nothing
 * is asked of them, all share one processor.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { MASK_BYTES, openSched, type Sched } from './libc.ts';

const ENGINES = /^(?:TPU_[A-Z]+|CORE_MAIN)$/;
/** For gathers, for non-maximum suppression, and for sorting. */
const SELDOM_USED = /^TPU_(?:GDE|NMS|SORT)$/;
const LOWEST = 19;
/** Below what people use at the same time: the spinning goes on while nothing is computed. */
const POLITE = 5;
/** After the last work, until the engines rest: longer than between two tokens. */
const REST_MS = 2_000;

/** Before the chip is opened, on its thread: the emulator's threads inherit it. */
export function yieldToOthers(): void {
  // 0 is the calling thread.
  setPriority(0, POLITE);
}

/** After the chip was opened. */
export function slowSeldomUsedEngines(): void {
  for (const thread of threadsNamed(SELDOM_USED)) setPriority(thread, LOWEST);
}

/** Engines on as many processors as they may have while they work, and on one while they do not. */
export class EngineRest {
  readonly #all = new Uint8Array(MASK_BYTES);
  #timer: NodeJS.Timeout | undefined;
  #isResting = false;

  /** After the chip was opened, on its thread. */
  constructor(
    private readonly sched: Sched = openSched(),
    private readonly engines: readonly number[] = threadsNamed(ENGINES),
  ) {
    sched.sched_getaffinity(0, MASK_BYTES, this.#all);
  }

  /** Before work. */
  working(): void {
    clearTimeout(this.#timer);
    if (this.#isResting) this.#move(this.#all);
    this.#isResting = false;
  }

  /** After work. */
  done(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#isResting = true;
      this.#move(firstOf(this.#all));
    }, REST_MS);
  }

  /** Before the chip is closed. */
  end(): void {
    clearTimeout(this.#timer);
  }

  /** That it cannot be done costs processor time, and nothing else. */
  #move(mask: Uint8Array): void {
    for (const engine of this.engines) this.sched.sched_setaffinity(engine, MASK_BYTES, mask);
  }
}

/** The mask with its lowest bit alone. */
export function firstOf(mask: Uint8Array): Uint8Array {
  const first = new Uint8Array(mask.length);
  const at = mask.findIndex((byte) => byte !== 0);
  const byte = mask[at] ?? 0;
  if (at >= 0) first[at] = byte & -byte;
  return first;
}

function threadsNamed(names: RegExp): number[] {
  return readdirSync('/proc/self/task')
    .filter((thread) => names.test(readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim()))
    .map(Number);
}
