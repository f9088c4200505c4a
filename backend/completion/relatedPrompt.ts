/** Texts from elsewhere, as they stand in a prompt. */
import type { FillInTokens } from '../devices/device.ts';
import type { RelatedText } from '../protocol/documents.ts';
import { asComment, languageOf } from './languages.ts';

/** Text and special tokens, as `ModelHandle.encode` takes them. */
export type Pieces = readonly (string | number)[];

/** The document that is completed. */
export interface Place {
  readonly uri: string;
  readonly language: string;
}

const CELL = 'vscode-notebook-cell:';

/** Does the model have the tokens of a repository's files? */
export function knowsFiles(
  tokens: FillInTokens | undefined,
): tokens is FillInTokens & { readonly file: number } {
  return tokens?.file !== undefined;
}

/**
 * One text: a file of the repository where the model was trained on that, else a comment; undefined
 * where the language has none. An earlier cell of the same notebook is code that comes before.
 */
export function relatedPieces(
  { name, text, kind }: RelatedText,
  place: Place,
  tokens: FillInTokens | undefined,
): Pieces | undefined {
  const body = text.replace(/\r\n?/g, '\n').trimEnd();
  if (knowsFiles(tokens)) return [tokens.file, `${name}\n${body}\n`];
  if (kind === 'file' && isCellOf(name, place.uri)) return [`${body}\n\n`];
  const comment = asComment(`Path: ${name}\n${body}`, languageOf(place.language));
  return comment === undefined ? undefined : [`${comment}\n\n`];
}

/**
 * What stands before all files, and behind them: the format of Qwen2.5-Coder's repository-level
 * prompts (Hui et al. 2024), which llama.cpp's /infill writes as well.
 */
export function repositoryFrame(
  tokens: FillInTokens & { readonly file: number },
  { uri }: Place,
): { readonly head: Pieces; readonly tail: Pieces } {
  return {
    head: tokens.repository === undefined ? [] : [tokens.repository, 'workspace\n'],
    tail: [tokens.file, `${fileName(uri)}\n`],
  };
}

function isCellOf(name: string, uri: string): boolean {
  return uri.startsWith(CELL) && name.includes(fileName(uri));
}

function fileName(uri: string): string {
  const [path = ''] = uri.split(/[?#]/);
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
