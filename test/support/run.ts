/** Runs other programs to their end. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** After it, in ms, the program and its children are killed. */
  readonly timeoutMs?: number;
  /** Shows the output as it comes, besides returning it. */
  readonly show?: boolean;
}

/** As much of the output as anyone reads, in characters. */
const KEPT = 256 * 1024;

/** A program that failed: its exit code and the last lines it printed. */
export class RunError extends Error {
  override readonly name = 'RunError';

  constructor(
    command: string,
    readonly reason: string,
    readonly output: string,
  ) {
    super(`${command} ${reason}\n${output.trimEnd().split('\n').slice(-25).join('\n')}`);
  }
}

/**
 * Runs a program and returns what it printed on both streams.
 * @throws RunError when it can't be started, fails or takes too long.
 */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Its own process group: a compiler started by make under npm ends with it.
      detached: true,
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      if (options.show) process.stdout.write(chunk);
      output = (output + chunk.toString('utf8')).slice(-KEPT);
    };
    const fail = (reason: string): void => reject(new RunError(command, reason, output));
    const killGroup = (): void => killProcessGroup(child.pid, 'SIGKILL');
    const timer = options.timeoutMs && setTimeout(killGroup, options.timeoutMs);
    process.once('exit', killGroup);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => fail(`could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      if (timer) clearTimeout(timer);
      process.off('exit', killGroup);
      if (code === 0) resolve(output);
      else fail(signal ? `was ended by ${signal}` : `failed with exit code ${code ?? -1}`);
    });
  });
}

/** Sends a signal to a group that may be gone already. */
export function killProcessGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody left to signal.
  }
}
