/** The steps of one installation or check: all in the same place, with one log, one id, one signal. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { PullListener } from '../models/pullContext.ts';
import type { ToolchainLayout } from './layout.ts';
import type { Runner } from './runner.ts';
import { describeEnd, type ToolEnd } from './toolEnd.ts';
import { endRun, runTool, type ToolRun } from './toolProcess.ts';

interface StepOptions extends Pick<ToolRun, 'onLine' | 'timeoutMs'> {
  readonly env?: Readonly<Record<string, string>>;
}

export class Steps {
  readonly #id: string;

  constructor(
    readonly layout: ToolchainLayout,
    readonly runner: Runner,
    readonly signal: AbortSignal,
    readonly listener: PullListener,
    kind: 'install' | 'look',
    private readonly log: (line: string) => void = () => undefined,
  ) {
    // One for the whole folder: what an installation that was killed left running has it too.
    this.#id = kind === 'install' ? `install:${layout.root}` : `look:${randomUUID()}`;
  }

  /** @throws PilotError cancelled, dockerFailed */
  async run(
    file: string,
    args: readonly string[],
    { onLine, env, timeoutMs }: StepOptions = {},
  ): Promise<ToolEnd> {
    const { root: cwd, bin, python } = this.layout;
    this.log(`> ${file} ${args.map((arg) => (arg.includes('\n') ? '(script)' : arg)).join(' ')}`);
    const ended = await runTool(
      this.runner,
      { file, args, cwd, path: [bin, path.dirname(python)], ...(env && { env }) },
      {
        id: this.#id,
        signal: this.signal,
        timeoutMs,
        // Pythons are looked for by trying to run them.
        mayBeMissing: true,
        onLine: (line, stream, say) => {
          this.log(line);
          onLine?.(line, stream, say);
        },
      },
    );
    this.log(`< ${describeEnd(ended)}`);
    return ended;
  }

  /** Ends processes of an earlier installation that outlived their backend. */
  endLeftovers(): Promise<void> {
    return endRun(this.runner, this.#id);
  }
}
