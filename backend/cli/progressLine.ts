/** Progress on stderr: one line that is rewritten on a terminal, a line now and then elsewhere. */
import type { PullProgress } from '../models/pullContext.ts';
import { formatBytes, formatDuration } from './units.ts';

/** On a terminal, between two drawings. */
const DRAW_MS = 100;
/** Elsewhere, between two lines of one step: a log of an hour's download stays readable. */
const LINE_MS = 15_000;
/** The rate is the mean over this time, so that it neither jumps nor lags. */
const RATE_MS = 5000;

/** Of work that is counted in bytes, or in steps. */
export interface ShownProgress extends PullProgress {
  /** Between 0 and 1. */
  readonly fraction?: number | undefined;
  readonly secondsLeft?: number | undefined;
}

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export class ProgressLine {
  #samples: Sample[] = [];
  #step = '';
  #drawnAt = -Infinity;
  #isDrawn = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly now: () => number = () => performance.now(),
  ) {}

  update(progress: ShownProgress): void {
    const at = this.now();
    const isNewStep = progress.step !== this.#step;
    if (isNewStep) this.#samples = [];
    this.#step = progress.step;
    if (progress.doneBytes !== undefined) this.#sample({ at, bytes: progress.doneBytes });
    const pause = this.terminal.isTTY ? DRAW_MS : LINE_MS;
    if (!isNewStep && at - this.#drawnAt < pause) return;
    this.#drawnAt = at;
    const text = describeProgress(progress, this.#bytesPerSecond());
    if (this.terminal.isTTY) {
      // A line longer than the terminal would wrap, and leave its beginning behind.
      this.terminal.write(`\r\x1b[K${text.slice(0, (this.terminal.columns ?? 80) - 1)}`);
      this.#isDrawn = true;
    } else {
      this.terminal.write(`${text}\n`);
    }
  }

  /** A line of its own between the drawings. */
  note(text: string): void {
    this.clear();
    this.terminal.write(`${text}\n`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isDrawn) this.terminal.write('\r\x1b[K');
    this.#isDrawn = false;
  }

  #sample(sample: Sample): void {
    this.#samples.push(sample);
    while ((this.#samples[0]?.at ?? sample.at) < sample.at - RATE_MS) this.#samples.shift();
  }

  #bytesPerSecond(): number | undefined {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    // Too little time says nothing; bytes found on the disk have no rate.
    if (!first || !last || last.at - first.at < 500) return undefined;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }
}

/**
 * `Downloading a.gguf: 45 MB of 98 MB (46 %), 5.2 MB/s, 12 s left`, or `Compiling block_3: 46 %,
 * 12 s left`, as far as it is known.
 */
export function describeProgress(
  { step, doneBytes, totalBytes, fraction, secondsLeft }: ShownProgress,
  bytesPerSecond: number | undefined,
): string {
  if (doneBytes === undefined) {
    if (fraction === undefined) return step;
    const left = secondsLeft === undefined ? '' : `, ${formatDuration(secondsLeft * 1000)} left`;
    return `${step}: ${Math.floor(fraction * 100)} %${left}`;
  }
  const parts = [formatBytes(doneBytes)];
  if (totalBytes !== undefined && totalBytes > 0) {
    const percent = Math.floor((doneBytes / totalBytes) * 100);
    parts[0] = `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`;
  }
  if (bytesPerSecond !== undefined && bytesPerSecond > 0) {
    parts.push(`${formatBytes(bytesPerSecond)}/s`);
    const left = (totalBytes ?? doneBytes) - doneBytes;
    if (left > 0) parts.push(`${formatDuration((left / bytesPerSecond) * 1000)} left`);
  }
  return `${step}: ${parts.join(', ')}`;
}
