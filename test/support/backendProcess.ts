/** `tpu-pilot serve` as a process of its own, as people run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { localTarget, type Target } from '../../backend/client/target.ts';
import { FailedLine, ReadyLine } from '../../backend/client/instanceFile.ts';

export const mainModule = path.join(import.meta.dirname, '../../dist/main.js');

export class BackendProcess {
  /** Everything on stderr so far. */
  stderr = '';
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** The first line on stdout that is JSON; undefined when it ends without one. */
  readonly line: Promise<ReadyLine | FailedLine | undefined>;

  private constructor(readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number);
    this.line = new Promise((resolve) => {
      if (!child.stdout) throw new Error('There is no stdout.');
      createInterface({ input: child.stdout })
        .once('line', (line) => {
          const value: unknown = JSON.parse(line);
          resolve(ReadyLine.safeParse(value).data ?? FailedLine.parse(value));
        })
        .once('close', () => resolve(undefined));
    });
  }

  /** Starts it without waiting for anything. */
  static spawn(home: string, args: readonly string[] = []): BackendProcess {
    const child = spawn(process.execPath, [mainModule, 'serve', '--home', home, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new BackendProcess(child);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('It was not started.');
    return this.child.pid;
  }

  /** @throws Error with its stderr when it fails to start */
  async ready(): Promise<ReadyLine & { target: Target }> {
    const line = await this.line;
    if (line?.event !== 'ready') throw new Error(`Not ready.\n${this.stderr}`);
    return { ...line, target: await localTarget(line) };
  }

  /** Ends it, if it has not ended, and waits. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | NodeJS.Signals> {
    this.child.kill(signal);
    return this.exited;
  }
}
