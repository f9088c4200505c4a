/** `tpu-pilot complete`: what the editor would suggest at a place in a file. */
import { pathToFileURL } from 'node:url';
import path from 'node:path';
import type { Command } from 'commander';
import type { BackendClient } from '../client/backendClient.ts';
import type { CompletionFate, InlineCompletionResult } from '../protocol/documents.ts';
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
  readonly maxLines?: number;
  readonly alternatives?: number;
}

const details = `
Lines and columns count from 1, as editors show them; a column counts UTF-16 units. A place beyond
the line or the file means its end. The text to insert goes to stdout; no suggestion, no text.
Several suggestions are separated by a line with "---".`;

/** VS Code's identifiers, by the endings of file names. */
const languages: Readonly<Record<string, string>> = {
  c: 'c',
  cc: 'cpp',
  cpp: 'cpp',
  cs: 'csharp',
  css: 'css',
  go: 'go',
  h: 'cpp',
  hpp: 'cpp',
  html: 'html',
  java: 'java',
  js: 'javascript',
  json: 'json',
  jsx: 'javascriptreact',
  kt: 'kotlin',
  lua: 'lua',
  md: 'markdown',
  mjs: 'javascript',
  php: 'php',
  py: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'shellscript',
  sql: 'sql',
  swift: 'swift',
  toml: 'toml',
  ts: 'typescript',
  tsx: 'typescriptreact',
  txt: 'plaintext',
  xml: 'xml',
  yaml: 'yaml',
  yml: 'yaml',
};

/** Registers `complete`. Its action rejects with PilotError or RemoteError. */
export function registerCompleteCommand(program: Command, io: Io): void {
  addCommand(program, 'complete', 'print the text to insert at a place in a file')
    .requiredOption('--file <path>', 'the file, in UTF-8')
    .requiredOption('--line <l>', 'line of the cursor, from 1', integer(1, 1_000_000_000))
    .requiredOption('--column <c>', 'column of the cursor, from 1', integer(1, 1_000_000_000))
    .option('--model <name>', 'id or alias of a model (default: the first fit for completion)')
    .option('--max-tokens <n>', 'longest suggestion', integer(1, 4096))
    .option('--max-lines <n>', 'lines of a suggestion', integer(1, 200))
    .option('--alternatives <n>', 'how many different suggestions', integer(1, 5))
    .addHelpText('after', details)
    .action(async (options: CompleteOptions) => {
      const { file, line, column, model, maxTokens, maxLines, alternatives } = options;
      const { json = false } = options;
      const text = await readSource(file);
      await withBackend(io, options, async (client) => {
        await ensureLoaded(io, client, model);
        const result = await completeIn(
          client,
          { uri: pathToFileURL(path.resolve(file)).href, text },
          {
            position: { line: line - 1, character: column - 1 },
            model,
            maxTokens,
            maxLines,
            alternatives,
          },
          io.interrupted,
        );
        const texts = result.items.map(({ insertText }) => `${insertText}\n`);
        if (json) printResult(io, true, result, '');
        else if (texts.length === 0) note(io, whyNothing(result.fate));
        else io.stdout.write(texts.join('---\n'));
      });
    });
}

function whyNothing(fate: CompletionFate): string {
  const none = 'There is no suggestion at this place';
  switch (fate) {
    case 'insideWord':
      return `${none}: it is inside a word.`;
    case 'codeFollows':
      return `${none}: code follows on the line, and the model cannot fill in.`;
    case 'emptyDocument':
      return `${none}: there is no text to go on from.`;
    case 'deadline':
      return `${none}: time ran out.`;
    case 'nothing':
      return `${none}: the model had nothing to write.`;
    case 'repetition':
      return `${none}: the model only repeated what is there.`;
    case 'misfit':
      return `${none}: what the model wrote does not fit.`;
    case 'suggested':
    case 'superseded':
    case 'cancelled':
      return `${none}.`;
  }
}

/** One completion in a document that is open for as long as it takes. */
export async function completeIn(
  client: Pick<BackendClient, 'request' | 'notify'>,
  { uri, text }: { readonly uri: string; readonly text: string },
  request: Pick<
    ParamsOf<'textDocument/inlineCompletion'>,
    'position' | 'model' | 'maxTokens' | 'maxLines' | 'alternatives'
  >,
  signal: AbortSignal,
): Promise<InlineCompletionResult> {
  await client.notify('textDocument/didOpen', {
    textDocument: { uri, languageId: languageIdOf(uri), version: 1, text },
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

function languageIdOf(uri: string): string {
  const ending = path.extname(uri).slice(1).toLowerCase();
  return languages[ending] ?? 'plaintext';
}
