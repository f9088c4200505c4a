/** The steps of one installation or check: all in the same place, with one log, one id, one signal. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { PullListener } from '../models/pullContext.ts';
import { toPlainText } from '../formats/plainText.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ToolchainLayout } from './layout.ts';
import type { Runner } from './runner.ts';
import { endRun, runTool, type ToolEnd, type ToolRun } from './toolProcess.ts';

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
        onLine: (line, stream) => {
          this.log(line);
          onLine?.(line, stream);
        },
      },
    );
    this.log(`< ${describeEnd(ended)}`);
    // Docker itself has failed, and not what was to run in the container.
    const isDockers =
      ended.kind === 'notStarted' || (ended.kind === 'exited' && ended.code === 125);
    if (!this.runner.isLocal && isDockers) {
      throw new PilotError('dockerFailed', { image: this.runner.place, reason: lastWords(ended) });
    }
    return ended;
  }

  /** Ends processes of an earlier installation that outlived their backend. */
  endLeftovers(): Promise<void> {
    return endRun(this.runner, this.#id);
  }
}

function describeEnd(ended: ToolEnd): string {
  switch (ended.kind) {
    case 'exited':
      return `exit code ${ended.code}`;
    case 'killed':
      return `ended by ${ended.by}`;
    case 'timeout':
      return 'it did not end in time';
    case 'silent':
      return 'it said nothing any more';
    case 'notStarted':
      return ended.reason === 'ENOENT' ? 'there is no such program' : ended.reason;
  }
}

export function hasSucceeded(ended: ToolEnd): boolean {
  return ended.kind === 'exited' && ended.code === 0;
}

/** How a step ended and the last thing it said, for an error's reason. */
export function lastWords(ended: ToolEnd): string {
  const lines = ended.kind === 'notStarted' ? [] : ended.lastLines;
  const last = lines.findLast((line) => line.trim() !== '');
  return last === undefined
    ? describeEnd(ended)
    : `${describeEnd(ended)}: ${toPlainText(last.trim(), 300)}`;
}
