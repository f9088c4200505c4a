/** What a command of the command line gets from its surroundings in a test. */
import { Writable } from 'node:stream';
import type { Io } from '../../backend/cli/io.ts';

/** Collects what is written, for tests that wait for it. */
export class TextSink extends Writable {
  text = '';
  readonly #waiting = new Map<string, () => void>();

  constructor() {
    super({
      write: (chunk: Buffer, _, done) => {
        this.text += chunk.toString();
        for (const [wanted, resolve] of this.#waiting) if (this.text.includes(wanted)) resolve();
        done();
      },
    });
  }

  /** Resolves once that has been written. */
  until(wanted: string): Promise<void> {
    if (this.text.includes(wanted)) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.set(wanted, resolve));
  }
}

export class CommandOutput {
  readonly stdout = new TextSink();
  readonly stderr = new TextSink();
  readonly io: Io;
  readonly #interrupted = new AbortController();

  constructor(home: string) {
    this.io = {
      stdout: this.stdout,
      stderr: this.stderr,
      env: { TPU_PILOT_HOME: home },
      runtime: process.execPath,
      entry: 'none',
      interrupted: this.#interrupted.signal,
    };
  }

  /** Ctrl+C. */
  interrupt(): void {
    this.#interrupted.abort();
  }
}
