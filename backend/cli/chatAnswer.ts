/** One answer on a terminal or into a pipe. */
import type { BackendClient } from '../client/backendClient.ts';
import type { ChatMessage, ChatResult } from '../protocol/chat.ts';
import { PilotError } from '../protocol/errors.ts';
import type { FinishReason } from '../protocol/generation.ts';
import type { ParamsOf } from '../protocol/methods.ts';
import { note, type Io } from './io.ts';
import { StreamPrinter } from './streamPrinter.ts';

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
