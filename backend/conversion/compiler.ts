/**
 * The compiler's processes of one conversion: all carry the work folder's mark, so that those of a
 * backend that was killed are found and ended, and none may be silent for ever.
 */
import path from 'node:path';
import { PilotError } from '../protocol/errors.ts';
import type { InstalledToolchain } from '../toolchain/find.ts';
import { kernelSettings } from '../toolchain/kernels.ts';
import { endRun, runTool } from '../toolchain/toolProcess.ts';
import { hasSucceeded, lastWords } from '../toolchain/toolEnd.ts';
import { MOST_WORKERS } from './needs.ts';
import { scriptText, type Script } from './scripts.ts';

/** Longer than the longest pause that the compiler was seen to make, many times over. */
const SILENCE_MS = 30 * 60_000;

export interface CompilerEdges {
  readonly silenceMs?: number;
  /** Instead of the scripts that are shipped; for tests. */
  readonly script?: (name: Script) => Promise<string>;
}

export class Compiler {
  constructor(
    private readonly place: InstalledToolchain,
    /** Absolute; everything is written below it. */
    readonly work: string,
    /** Read only. */
    private readonly sources: readonly string[],
    private readonly signal: AbortSignal,
    private readonly log: (line: string) => void,
    private readonly edges: CompilerEdges = {},
  ) {}

  /** Ends processes of an earlier run of the same conversion that outlived their backend. */
  async endLeftovers(): Promise<void> {
    for (let worker = 0; worker < MOST_WORKERS; worker++) {
      await endRun(this.place.runner, this.#runId(worker));
    }
  }

  /**
   * Runs one of our scripts.
   * @param onLine gets what it prints on the standard output
   * @param worker at most one process at a time has the same number
   * @throws PilotError conversionFailed when it does not end well; dockerFailed, toolchainBroken,
   * diskFull, cancelled
   */
  async run(
    part: string,
    script: Script,
    args: readonly string[],
    { cwd, worker, onLine }: RunOptions,
  ): Promise<void> {
    const text = await (this.edges.script ?? scriptText)(script);
    this.log(`> ${part}: ${script} ${args.join(' ')}`);
    const silenceMs = this.edges.silenceMs ?? SILENCE_MS;
    const found = { fullDisk: false };
    const ended = await runTool(
      this.place.runner,
      {
        file: this.place.python,
        args: ['-c', text, ...args],
        cwd,
        env: kernelSettings(this.place.kernels),
        path: [this.place.bin, path.dirname(this.place.python)],
        folders: [this.work, ...this.sources, this.place.root],
      },
      {
        id: this.#runId(worker),
        signal: this.signal,
        silenceMs,
        onLine: (line, stream) => {
          this.log(`${part}| ${line}`);
          found.fullDisk ||= FULL_DISK.test(line);
          onLine?.(line, stream);
        },
      },
    );
    if (ended.kind === 'silent') {
      const reason = `it has said nothing for ${Math.round(silenceMs / 60_000)} minutes and was ended`;
      throw new PilotError('conversionFailed', { part, reason });
    }
    if (hasSucceeded(ended)) return;
    if (found.fullDisk)
      throw new PilotError('diskFull', { path: this.work, free: 0, needed: 'more' });
    throw new PilotError('conversionFailed', { part, reason: lastWords(ended) });
  }

  #runId(worker: number): string {
    return `convert:${this.work}:${worker}`;
  }
}

const FULL_DISK = /No space left on device|Disk quota exceeded/u;

interface RunOptions {
  readonly cwd: string;
  readonly worker: number;
  readonly onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
}
