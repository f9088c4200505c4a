/** Starts the toolchain's processes: the one file that does, and it knows no shell. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { errorCode } from '../models/disk.ts';
import { PilotError } from '../protocol/errors.ts';
import { endProcessesOf, RUN_VARIABLE } from './processTree.ts';
import { describeEnd, lastWords, type ToolEnd } from './toolEnd.ts';
import { containerFault, type HostCommand, type Runner, type ToolCommand } from './runner.ts';

type ToolStream = 'stdout' | 'stderr';

/** Writes a line to the standard input of a command that reads it. */
type Say = (line: string) => void;

export interface ToolRun {
  /** Marks the processes. The same id for the same work, so that leftovers are found again. */
  readonly id: string;
  /** Aborting it ends the whole process tree. */
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string, stream: ToolStream, say: Say) => void) | undefined;
  /** After it, in ms, the run is ended as if it had hung. */
  readonly timeoutMs?: number | undefined;
  /** When no line came for so long, in ms, the run is ended, too. */
  readonly silenceMs?: number | undefined;
  /** That there is no such program is an answer, and no fault of the toolchain. */
  readonly mayBeMissing?: boolean;
}

const KEPT_LINES = 40;
const KEPT_LINE_LENGTH = 2000;

/**
 * Runs a command to its end.
 * @throws PilotError cancelled when the signal aborts; by then every process of the run is gone.
 * dockerFailed when Docker is at fault; toolchainBroken when the program is not there
 */
export async function runTool(
  runner: Runner,
  command: ToolCommand,
  run: ToolRun,
): Promise<ToolEnd> {
  const ended = endOf(runner, await runOnce(runner, command, run));
  if (ended.kind !== 'notStarted' || run.mayBeMissing) return ended;
  throw new PilotError('toolchainBroken', { reason: `${command.file}: ${describeEnd(ended)}` });
}

/** Tells what Docker says from what the program in the container does. */
function endOf({ isLocal, place: image }: Runner, ended: ToolEnd): ToolEnd {
  if (isLocal) return ended;
  const fault = ended.kind === 'exited' ? containerFault(ended.code) : undefined;
  if (fault === 'docker' || ended.kind === 'notStarted') {
    throw new PilotError('dockerFailed', { image, reason: lastWords(ended) });
  }
  return fault === 'program' ? { kind: 'notStarted', reason: lastWords(ended) } : ended;
}

async function runOnce(runner: Runner, command: ToolCommand, run: ToolRun): Promise<ToolEnd> {
  requireNotCancelled(run.signal);
  const timeout = AbortSignal.timeout(run.timeoutMs ?? MAX_TIMEOUT_MS);
  const silence = new AbortController();
  const stop = AbortSignal.any([run.signal, timeout, silence.signal]);
  const lastLines: string[] = [];
  const child = start(runner.start(command, run.id), {
    id: run.id,
    readsInput: command.readsInput,
  });
  // Of a process that has ended the end is told, and not that it does not listen.
  child.stdin?.on('error', () => undefined);
  const say: Say = (line) => void child.stdin?.write(`${line}\n`);
  const silenceMs = run.silenceMs ?? MAX_TIMEOUT_MS;
  const heard = setTimeout(() => silence.abort(), silenceMs).unref();
  follow(child, (line, stream) => {
    heard.refresh();
    lastLines.push(line.slice(0, KEPT_LINE_LENGTH));
    if (lastLines.length > KEPT_LINES) lastLines.shift();
    run.onLine?.(line, stream, say);
  });
  let ending: Promise<void> | undefined;
  const onStop = (): void => {
    ending = endRun(runner, run.id);
  };
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const [code, signal] = await ended(child);
    await ending;
    requireNotCancelled(run.signal);
    if (timeout.aborted) return { kind: 'timeout', lastLines };
    if (silence.signal.aborted) return { kind: 'silent', lastLines };
    if (code !== null) return { kind: 'exited', code, lastLines };
    return { kind: 'killed', by: signal ?? 'a signal', lastLines };
  } catch (error) {
    if (error instanceof PilotError) throw error;
    const reason = error instanceof Error ? (errorCode(error) ?? error.message) : String(error);
    return { kind: 'notStarted', reason };
  } finally {
    clearTimeout(heard);
    stop.removeEventListener('abort', onStop);
  }
}

function requireNotCancelled({ aborted }: AbortSignal): void {
  if (aborted) throw new PilotError('cancelled');
}

/** The longest time that a timer can hold: 24 days. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Ends what is there of a run, also one of a backend that was killed. */
export async function endRun(runner: Runner, id: string): Promise<void> {
  // Docker's client first: it might be about to start what would then be left.
  await endProcessesOf(id);
  const command = runner.end(id);
  // That there is nothing to end is no fault.
  if (command) await ended(start(command, { timeout: END_MS })).catch(() => undefined);
}

/** For Docker to answer in. */
const END_MS = 60_000;

interface StartOptions {
  readonly id?: string;
  readonly timeout?: number;
  readonly readsInput?: boolean | undefined;
}

function start(
  { file, args, cwd, env }: HostCommand,
  { id, timeout, readsInput = false }: StartOptions,
): ChildProcess {
  return spawn(file, args, {
    cwd,
    timeout,
    env: id === undefined ? env : { ...env, [RUN_VARIABLE]: id },
    stdio: [readsInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl+C reaches us alone, and we end it in order.
    detached: true,
    windowsHide: true,
  });
}

/** `close` and not `exit`: by then the last lines have been read. Rejects when it never started. */
async function ended(child: ChildProcess): Promise<readonly [number | null, string | null]> {
  await once(child, 'close');
  return [child.exitCode, child.signalCode];
}

function follow(child: ChildProcess, onLine: (line: string, stream: ToolStream) => void): void {
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = child[stream];
    if (input === null) continue;
    // Progress bars end their lines with a carriage return, which readline takes for an end too.
    createInterface({ input, crlfDelay: Infinity }).on('line', (line) => onLine(line, stream));
  }
}
