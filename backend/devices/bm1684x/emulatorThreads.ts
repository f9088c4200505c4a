/**
 * The emulator's engines are threads that wait by spinning, even when there is nothing to do: six
 * of them on two cores leave little to the one that works. Linux gives threads priorities of their
 * own. With those of the three engines that language models hardly use at the lowest, a launch
 * takes about a third of the time (measured: 2 cores, one layer, 80 ms against 240).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** For gathers, for non-maximum suppression, and for sorting. */
const SELDOM_USED = /^TPU_(?:GDE|NMS|SORT)$/;
const LOWEST = 19;
/** Below what people use at the same time: the spinning goes on while nothing is computed. */
const POLITE = 5;

/** Before the chip is opened, on its thread: the emulator's threads inherit it. */
export function yieldToOthers(): void {
  // 0 is the calling thread.
  setPriority(0, POLITE);
}

/** After the chip was opened. */
export function slowSeldomUsedEngines(): void {
  for (const thread of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${thread}/comm`, 'utf8').trim();
    if (SELDOM_USED.test(name)) setPriority(Number(thread), LOWEST);
  }
}
