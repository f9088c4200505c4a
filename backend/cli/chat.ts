/** `tpu-pilot chat`: one answer, or a conversation on a terminal. */
import { text as readAll } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ChatMessage } from '../protocol/chat.ts';
import { decimal, integer } from './arguments.ts';
import { answer, type ChatSettings } from './chatAnswer.ts';
import { converse, type TerminalInput } from './chatLoop.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { exitCodes, type Io } from './io.ts';
import { ensureLoaded } from './loadedModel.ts';

interface ChatOptions extends CommonOptions {
  readonly model?: string;
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
}

const details = `
Without TEXT the question is read from stdin; on a terminal a conversation begins, which ends with
Ctrl+D. Ctrl+C ends an answer. The answer goes to stdout, everything else to stderr.`;

/** Registers `chat`. Its action rejects with PilotError or RemoteError. */
export function registerChatCommand(
  program: Command,
  io: Io,
  stdin: TerminalInput = process.stdin,
): void {
  addCommand(program, 'chat [text...]', 'ask the model, and stream its answer')
    .option('--model <name>', 'id or alias of a model (default: the first fit for chat)')
    .option('--system <text>', 'instructions that come before the conversation')
    .option('--max-tokens <n>', 'longest answer', integer(1, 1_000_000))
    .option('--temperature <t>', '0 for the most likely answer, up to 5', decimal(0, 5))
    .option('--seed <s>', 'makes the random choices repeatable', integer(0, 0xffff_ffff))
    .addHelpText('after', details)
    .action(async (words: string[], options: ChatOptions, command: Command) => {
      const isConversation = words.length === 0 && stdin.isTTY === true;
      if (isConversation && options.json) {
        command.error('error: --json needs a TEXT, or a question on stdin', {
          exitCode: exitCodes.usage,
        });
      }
      const question = isConversation ? '' : await readQuestion(words, stdin);
      if (!isConversation && question === '') {
        command.error('error: there is no question to answer', { exitCode: exitCodes.usage });
      }
      const system: ChatMessage[] =
        options.system === undefined ? [] : [{ role: 'system', content: options.system }];
      await withBackend(io, options, async (client) => {
        await ensureLoaded(io, client, options.model);
        const settings = settingsOf(options);
        if (isConversation) return converse(io, client, stdin, system, settings);
        await answer(
          io,
          client,
          [...system, { role: 'user', content: question }],
          settings,
          io.interrupted,
        );
      });
    });
}

async function readQuestion(words: string[], stdin: TerminalInput): Promise<string> {
  return (words.length > 0 ? words.join(' ') : await readAll(stdin)).trim();
}

function settingsOf(options: ChatOptions): ChatSettings {
  const { model, maxTokens, temperature, seed, json = false } = options;
  return { json, request: { model, maxTokens, sampling: { temperature, seed } } };
}
