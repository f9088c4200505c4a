/** The processes of a verification: marked by its work folder, read line by line, never silent for ever. */
import path from 'node:path';
import * as z from 'zod';
import { toPlainText } from '../formats/plainText.ts';
import type { InstalledToolchain } from '../toolchain/find.ts';
import { parseJsonLine } from '../toolchain/jsonLine.ts';
import { endRun, runTool } from '../toolchain/toolProcess.ts';
import type { ToolEnd } from '../toolchain/toolEnd.ts';

/** A net of a large model takes minutes on the emulator. */
const SILENCE_MS = 60 * 60_000;
/** What Python and its libraries say before they end. */
const FAULT = /exhausted|Error\b|not found/u;

export interface ScriptEnd {
  /** How it ended, when that was not well. */
  readonly failure: string | undefined;
}

export class VerifyTool {
  constructor(
    private readonly place: InstalledToolchain,
    /** Absolute; the scripts are in its `python`. */
    readonly work: string,
    /** Read only. */
    private readonly folders: readonly string[],
    private readonly signal: AbortSignal,
    private readonly log: (line: string) => void,
    private readonly silenceMs = SILENCE_MS,
  ) {}

  /** Ends processes that a backend which was killed left running. */
  endLeftovers(): Promise<void> {
    return endRun(this.place.runner, this.#id);
  }

  /**
   * Runs a script with one argument, as JSON.
   * @param onLine gets each line of its standard output that is JSON
   * @param readsInput it takes lines of JSON, too
   * @throws PilotError cancelled, dockerFailed, toolchainBroken
   */
  async run(
    script: string,
    options: object,
    onLine: (value: unknown, say: (value: object | null) => void) => void,
    { readsInput = false }: { readonly readsInput?: boolean } = {},
  ): Promise<ScriptEnd> {
    this.log(`> ${script}`);
    const { python, bin, root, runner } = this.place;
    let fault: string | undefined;
    const ended = await runTool(
      runner,
      {
        file: python,
        args: [path.join(this.work, 'python', script), JSON.stringify(options)],
        cwd: this.work,
        readsInput,
        path: [bin, path.dirname(python)],
        folders: [root, ...this.folders],
      },
      {
        id: this.#id,
        signal: this.signal,
        silenceMs: this.silenceMs,
        onLine: (line, stream, say) => {
          if (stream === 'stderr') {
            this.log(line);
            if (FAULT.test(line)) fault = line;
            return;
          }
          const value = parseJsonLine(z.unknown(), line);
          if (value === undefined) return;
          onLine(value, (answer) => {
            say(JSON.stringify(answer));
          });
        },
      },
    );
    if (ended.kind === 'silent') {
      return { failure: `it said nothing for ${Math.round(this.silenceMs / 60_000)} minutes` };
    }
    const failure = failureOf(ended, fault);
    if (failure !== undefined) this.log(`< ${failure}`);
    return { failure };
  }

  get #id(): string {
    return `verify:${this.work}`;
  }
}

/** @param fault what it last complained of */
function failureOf(
  ended: Exclude<ToolEnd, { kind: 'silent' }>,
  fault: string | undefined,
): string | undefined {
  const said = fault === undefined ? '' : `: ${toPlainText(fault.trim())}`;
  switch (ended.kind) {
    case 'exited':
      return ended.code === 0 ? undefined : `its process ended with exit code ${ended.code}${said}`;
    case 'killed':
      return `its process was ended by ${ended.by}${said}`;
    case 'timeout':
      return 'its process did not end in time';
    case 'notStarted':
      return `its process could not be started: ${ended.reason}`;
  }
}
