/** The compiler's processes for the nets of one description, in a folder of their own. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { readBmodel } from '../formats/bmodel.ts';
import { FormatError } from '../formats/fileCursor.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ToolchainLayout } from '../toolchain/layout.ts';
import type { Runner } from '../toolchain/runner.ts';

import { kernelSettings } from '../toolchain/kernels.ts';
import { runTool } from '../toolchain/toolProcess.ts';
import { hasSucceeded, lastWords, type ToolEnd } from '../toolchain/toolEnd.ts';
import { figuresOf, type NetFigures } from './netFigures.ts';
import type { Description, NetJob } from './nets.ts';

export interface CompilerRunParts {
  readonly runner: Runner;
  readonly layout: ToolchainLayout;
  readonly runId: string;
  readonly folder: string;
  readonly signal: AbortSignal;
}

/** What python/onelayer.py prints, a line each. */
const Line = z.object({
  net: z.string().regex(/^\w+$/u),
  arguments: z.array(z.string()),
});

/** A layer takes a minute or two; a machine that is busy with other things takes longer. */
const TIMEOUT_MS = 60 * 60_000;

export class CompilerRun {
  readonly #arguments = new Map<string, readonly string[]>();

  constructor(private readonly parts: CompilerRunParts) {}

  /** Writes the nets with their weights. @throws PilotError compilationFailed, cancelled */
  async describe(description: Description): Promise<void> {
    const { config, ...asked } = description;
    await mkdir(this.parts.folder, { recursive: true });
    await writeFile(path.join(this.parts.folder, 'config.json'), JSON.stringify(config));
    const script = await readFile(path.join(import.meta.dirname, 'python', 'onelayer.py'), 'utf8');
    const lines: string[] = [];
    const ended = await this.#python(
      this.parts.folder,
      ['-c', script, JSON.stringify(asked)],
      lines,
    );
    if (!hasSucceeded(ended)) throw failed(description.part, lastWords(ended));
    try {
      for (const line of lines) {
        const { net, arguments: given } = Line.parse(JSON.parse(line));
        this.#arguments.set(net, given);
      }
    } catch (error) {
      throw failed(description.part, 'what the converter says is not understood', error);
    }
  }

  /** Builds one net, reads what it says, and deletes what it made. @throws as describe */
  async compile({ net, isReal }: NetJob): Promise<NetFigures> {
    const given = this.#arguments.get(net);
    if (!given) throw failed(net, 'the converter has no such net');
    const folder = path.join(this.parts.folder, net);
    const before = new Set(await readdir(folder));
    const deploy = path.join(path.dirname(this.parts.layout.python), 'model_deploy.py');
    const args = isReal ? given : given.filter((argument) => argument !== '--dynamic');
    const ended = await this.#python(folder, [deploy, ...args]);
    try {
      // The exit code would be 0 without a model, too.
      const profile = await readFile(path.join(folder, 'compiler_profile_0.txt'), 'utf8');
      return figuresOf(profile, await readBmodel(path.join(folder, `${net}.bmodel`)));
    } catch (error) {
      const reason = error instanceof FormatError ? error.message : lastWords(ended);
      throw failed(net, reason, error);
    } finally {
      for (const made of await readdir(folder)) {
        if (!before.has(made)) await rm(path.join(folder, made), { recursive: true, force: true });
      }
    }
  }

  async #python(cwd: string, args: readonly string[], answers: string[] = []): Promise<ToolEnd> {
    const { runner, layout, runId, folder, signal } = this.parts;
    return runTool(
      runner,
      {
        file: layout.python,
        args,
        cwd,
        env: kernelSettings(layout.kernels),
        path: [layout.bin, path.dirname(layout.python)],
        folders: [folder, layout.root],
      },
      {
        id: runId,
        signal,
        timeoutMs: TIMEOUT_MS,
        onLine: (line, stream) => {
          if (stream === 'stdout') answers.push(line);
        },
      },
    );
  }
}

function failed(net: string, reason: string, cause?: unknown): PilotError {
  return new PilotError('compilationFailed', { net, reason }, { cause });
}
