/** Text that comes in pieces, on a terminal or into a pipe. */
import type { ChatProgress } from '../protocol/chat.ts';
import { note, type Io } from './io.ts';

/** Keeps answer, thinking and notices from running into each other on one terminal. */
export class StreamPrinter {
  endedInNotice = false;
  #openLine: 'text' | 'thinking' | undefined;

  constructor(
    private readonly io: Io,
    private readonly json: boolean,
  ) {}

  show(progress: ChatProgress): void {
    switch (progress.kind) {
      case 'text':
        if (!this.json) this.#write('text', progress.text);
        return;
      case 'thinking':
        if (!this.json) this.#write('thinking', progress.text);
        return;
      case 'notice':
        this.end();
        note(this.io, progress.message);
        this.endedInNotice = true;
    }
  }

  /** Ends the line that is open. */
  end(): void {
    if (this.#openLine === 'text') this.io.stdout.write('\n');
    if (this.#openLine === 'thinking') this.io.stderr.write('\n\n');
    this.#openLine = undefined;
  }

  #write(kind: 'text' | 'thinking', text: string): void {
    if (this.#openLine !== kind) this.end();
    this.#openLine = kind;
    this.endedInNotice = false;
    (kind === 'text' ? this.io.stdout : this.io.stderr).write(text);
  }
}
