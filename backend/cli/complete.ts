/** `tpu-pilot complete`: what the editor would suggest at a place in a file. */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import type { Command } from 'commander';
import type { BackendClient } from '../client/backendClient.ts';
import type { InlineCompletionResult } from '../protocol/documents.ts';
import type { ParamsOf } from '../protocol/methods.ts';
import { integer } from './arguments.ts';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { note, printResult, type Io } from './io.ts';
import { ensureLoaded } from './loadedModel.ts';
import { readSource } from './readSource.ts';

interface CompleteOptions extends CommonOptions {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly model?: string;
  readonly maxTokens?: number;
}

const details = `
Lines and columns count from 1, as editors show them; a column counts UTF-16 units. A place beyond
the line or the file means its end. The text to insert goes to stdout; no suggestion, no text.`;

/** Registers `complete`. Its action rejects with PilotError or RemoteError. */
export function registerCompleteCommand(program: Command, io: Io): void {
  addCommand(program, 'complete', 'print the text to insert at a place in a file')
    .requiredOption('--file <path>', 'the file, in UTF-8')
    .requiredOption('--line <l>', 'line of the cursor, from 1', integer(1, 1_000_000_000))
    .requiredOption('--column <c>', 'column of the cursor, from 1', integer(1, 1_000_000_000))
    .option('--model <name>', 'id or alias of a model (default: the first fit for completion)')
    .option('--max-tokens <n>', 'longest suggestion', integer(1, 4096))
    .addHelpText('after', details)
    .action(async (options: CompleteOptions) => {
      const { file, line, column, model, maxTokens, json = false } = options;
      const text = await readSource(file);
      await withBackend(io, options, async (client) => {
        await ensureLoaded(io, client, model);
        const result = await completeIn(
          client,
          { uri: pathToFileURL(path.resolve(file)).href, text },
          { position: { line: line - 1, character: column - 1 }, model, maxTokens },
          io.interrupted,
        );
        const insertText = result.items[0]?.insertText;
        if (json) printResult(io, true, result, '');
        else if (insertText === undefined) note(io, 'There is no suggestion at this place.');
        else io.stdout.write(`${insertText}\n`);
      });
    });
}

/** One completion in a document that is open for as long as it takes. */
export async function completeIn(
  client: Pick<BackendClient, 'request' | 'notify'>,
  { uri, text }: { readonly uri: string; readonly text: string },
  request: Pick<ParamsOf<'textDocument/inlineCompletion'>, 'position' | 'model' | 'maxTokens'>,
  signal: AbortSignal,
): Promise<InlineCompletionResult> {
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: 'plaintext', version: 1, text },
  });
  try {
    return await client.request(
      'textDocument/inlineCompletion',
      // Asked by hand: more than one line is welcome.
      { ...request, textDocument: { uri }, context: { triggerKind: 1 } },
      signal,
    );
  } finally {
    await client.notify('textDocument/didClose', { textDocument: { uri } });
  }
}
