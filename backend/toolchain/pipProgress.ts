/** How far pip is, from what it prints with `--progress-bar=raw`. */
import type { LockedPackage } from './lock.ts';
import { jobSentence } from '../protocol/jobSentences.ts';

/** A line a chunk: bytes so far, of how many. */
const BYTES = /^Progress (\d+) of (\d+)$/;
/** `  Downloading https://…/torch-2.4.1-cp310-….whl (797.1 MB)`, from mirrors without the size. */
const DOWNLOADING = /^\s*(?:Downloading|Using cached) (?:\S*\/)?(\S+\.whl)/;
const INSTALLING = 'Installing collected packages: ';

export class PipProgress {
  /** Bytes of each wheel that has been named so far. */
  readonly #bytes = new Map<string, number>();
  #file = '';
  #step = '';

  /**
   * @param what the batch for people: `torch 2.4.1`, or `80 packages`
   * @param report gets what pip does and the bytes of this batch so far; they never go down
   */
  constructor(
    private readonly what: string,
    private readonly packages: readonly LockedPackage[],
    private readonly report: (step: string, doneBytes: number) => void,
  ) {}

  begin(step: string): void {
    this.#step = step;
    this.#tell();
  }

  /** One line of pip's output. */
  take(line: string): void {
    const bytes = BYTES.exec(line);
    if (bytes) {
      this.#bytes.set(this.#file, Number(bytes[1]));
      this.#tell();
      return;
    }
    const file = DOWNLOADING.exec(line)?.[1];
    if (file !== undefined) {
      // Names in an address are encoded: `torch-2.4.1%2Bcpu-…`.
      this.#file = file.replaceAll('%2B', '+');
      this.begin(jobSentence('download', { what: this.what }));
    } else if (line.startsWith(INSTALLING)) {
      this.#bytes.clear();
      for (const locked of this.packages) this.#bytes.set(locked.file, locked.bytes);
      this.begin(jobSentence('unpack', { what: this.what }));
    }
  }

  #tell(): void {
    const done = [...this.#bytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    this.report(this.#step, done);
  }
}
