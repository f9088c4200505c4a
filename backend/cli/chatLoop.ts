/** A conversation on a terminal. */
import { createInterface, type Interface } from 'node:readline/promises';
import type { BackendClient } from '../client/backendClient.ts';
import type { ChatMessage } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import { answer, type ChatSettings } from './chatAnswer.ts';
import { note, printError, type Io } from './io.ts';

export type TerminalInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * Asks and answers until the input ends or Ctrl+C is pressed at the prompt. A question that fails
 * leaves the conversation as it was before it, so that the next one can be tried.
 * @param system begins the conversation
 * @throws PilotError connectionLost
 */
export async function converse(
  io: Io,
  client: Pick<BackendClient, 'streamChat'>,
  input: TerminalInput,
  system: readonly ChatMessage[],
  settings: ChatSettings,
): Promise<void> {
  // The prompt goes to stderr, so that stdout holds the answers alone.
  const lines = createInterface({ input, output: io.stderr, prompt: '> ', terminal: true });
  let running: AbortController | undefined;
  const interrupt = (): void => {
    if (running) running.abort();
    else lines.close();
  };
  // The terminal is in raw mode here: Ctrl+C is a key, and no signal to the process.
  lines.on('SIGINT', interrupt);
  io.interrupted.addEventListener('abort', interrupt);
  note(io, 'Ctrl+C ends an answer, Ctrl+D the conversation.');

  const messages: ChatMessage[] = [...system];
  try {
    for await (const question of questions(lines)) {
      running = new AbortController();
      const asked: ChatMessage[] = [...messages, { role: 'user', content: question }];
      try {
        const { text } = await answer(io, client, asked, settings, running.signal);
        messages.splice(0, messages.length, ...asked, { role: 'assistant', content: text });
      } catch (error) {
        const name = error instanceof PilotError ? error.errorName : undefined;
        if (name === 'connectionLost') throw error;
        if (name === 'cancelled') note(io, 'Cancelled.');
        else printError(io, false, error);
      }
      running = undefined;
    }
  } finally {
    io.interrupted.removeEventListener('abort', interrupt);
    lines.close();
  }
}

async function* questions(lines: Interface): AsyncGenerator<string> {
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== '') yield line.trim();
    lines.prompt();
  }
}
