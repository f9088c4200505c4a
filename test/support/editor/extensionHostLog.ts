/** What the extension hosts of a profile wrote about errors. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Errors that are not ours, and how they come about. */
const harmless: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  {
    pattern: /^Error: Channel has been closed\n[^]*\/extensions\/json-language-features\//,
    reason: 'The JSON extension of VS Code logs the end of its server after its window has closed.',
  },
  {
    pattern:
      /^\[vscode\.json-language-features\] provider FAILED\s*$|^Error: Unable to retrieve document from URI '[^']*\/chatLanguageModels\.json'/,
    reason: 'VS Code asks its JSON extension for the symbols of its own file of models too late.',
  },
  {
    pattern: /^No bundle location found for extension vscode\./,
    reason: "In another language, VS Code's own extensions miss words: the pack has none of them.",
  },
];

/** VS Code's log format: `2026-01-31 12:00:00.000 [error] text`. */
const ENTRY = /^\d{4}-\d\d-\d\d [\d:.]+ \[(\w+)\] ([^]*)$/;

/**
 * The errors of every extension host and of this extension's own log channel, each with its stack
 * and the name of its file.
 */
export async function extensionHostErrors(logs: string, channel: string): Promise<string[]> {
  const names = await readdir(logs, { recursive: true });
  const wanted = [/exthost\.log$/i, new RegExp(`${channel}\\.log$`)];
  const files = names.filter((name) => wanted.some((pattern) => pattern.test(name)));
  if (!files.some((name) => /exthost\.log$/i.test(name))) {
    throw new Error(`There is no extension host log in ${logs}: ${names.join(', ')}`);
  }
  const errors: string[] = [];
  for (const file of files) {
    const text = await readFile(join(logs, file), 'utf8');
    // An entry goes on until the next line with a time; an error's goes on with its stack.
    for (const entry of text.split(/\n(?=\d{4}-\d\d-\d\d )/)) {
      const [, level, message] = ENTRY.exec(entry) ?? [];
      if (level !== 'error' || message === undefined) continue;
      if (harmless.some(({ pattern }) => pattern.test(message))) continue;
      errors.push(`${basename(file)}: ${message}`);
    }
  }
  return errors;
}
