/** One answer on a terminal or into a pipe. */
import type { BackendClient } from '../client/backendClient.ts';
import type { ChatMessage, ChatProgress, ChatResult } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { FinishReason } from '../protocol/generation.ts';
import type { ParamsOf } from '../protocol/methods.ts';
import { note, type Io } from './io.ts';

export interface ChatSettings {
  readonly json: boolean;
  readonly request: Omit<ParamsOf<'chat/complete'>, 'messages' | 'partialResultToken'>;
}

/**
 * Streams the answer to stdout, or prints the result there as one line of JSON. Thinking and notices
 * go to stderr.
 * @throws PilotError cancelled after the text so far; RemoteError from the backend
 */
export async function answer(
  io: Io,
  client: Pick<BackendClient, 'streamChat'>,
  messages: ChatMessage[],
  { json, request }: ChatSettings,
  signal: AbortSignal,
): Promise<ChatResult> {
  const printer = new StreamPrinter(io, json);
  const result = await client.streamChat(
    { ...request, messages },
    (progress) => printer.show(progress),
    signal,
  );
  printer.end();
  if (result.finishReason === 'cancelled') throw new PilotError('cancelled');
  if (json) io.stdout.write(`${JSON.stringify(result)}\n`);
  // A notice at the end has given a better reason.
  const remark = printer.endedInNotice ? undefined : remarkOn(result.finishReason);
  if (remark !== undefined) note(io, remark);
  return result;
}

/** Keeps answer, thinking and notices from running into each other on one terminal. */
class StreamPrinter {
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

function remarkOn(reason: FinishReason): string | undefined {
  switch (reason) {
    case 'length':
      return 'The answer was cut off: it reached its greatest length.';
    case 'deadline':
      return 'The answer was cut off: its time was up.';
    case 'stop':
    case 'cancelled':
      return undefined;
  }
}
