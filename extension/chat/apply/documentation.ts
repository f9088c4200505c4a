/**
 * Where a documentation comment goes. Only comment lines are taken from the answer: the code stays
 * as it is, whatever the model wrote below. Pure; lines without their ends.
 */
import { baseIndent, levelIndent, reindent } from './indent.ts';

/** Lines `start` to `end`, `end` not included, become `text`. At least one line, to recognise them by. */
export interface LineEdit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

const SLASHES = /^\s*(?:\/\/|\/\*|\*)/;
const HASHES = /^\s*#/;
const DASHES = /^\s*--/;

const LINE_COMMENTS: ReadonlyMap<string, RegExp> = new Map([
  ...['c', 'cpp', 'csharp', 'go', 'java', 'javascript', 'javascriptreact', 'kotlin', 'php', 'rust']
    .concat(['scala', 'swift', 'typescript', 'typescriptreact', 'dart'])
    .map((language) => [language, SLASHES] as const),
  ...['ruby', 'perl', 'r', 'shellscript', 'yaml'].map((language) => [language, HASHES] as const),
  ...['lua', 'sql', 'haskell'].map((language) => [language, DASHES] as const),
]);

const DOCSTRING = /(?<quotes>"""|''')[^]*?\k<quotes>/;
/** The end of a Python signature. */
const SIGNATURE_END = /:\s*(?:#.*)?$/;

/** The first run of comment lines of a block. */
function leadingComment(block: string, comment: RegExp): string {
  const lines = block.split('\n');
  const first = lines.findIndex((line) => comment.test(line));
  if (first < 0) return '';
  const rest = lines.slice(first);
  const length = rest.findIndex((line) => !comment.test(line));
  return rest.slice(0, length < 0 ? undefined : length).join('\n');
}

function commentAbove(
  lines: readonly string[],
  start: number,
  block: string,
  comment: RegExp,
): LineEdit | undefined {
  const written = leadingComment(block, comment);
  if (written === '') return undefined;
  let code = start;
  // The selection may begin with the old comment.
  while (code < lines.length - 1 && isCommentOrBlank(lines[code] ?? '', comment)) code++;
  let first = code;
  while (first > 0 && comment.test(lines[first - 1] ?? '')) first--;
  const line = lines[code] ?? '';
  const around = lines.slice(start).join('\n');
  const text = reindent(written, baseIndent(line), around);
  return { start: first, end: code + 1, text: `${text}\n${line}` };
}

function isCommentOrBlank(line: string, comment: RegExp): boolean {
  return line.trim() === '' || comment.test(line);
}

function docstringInside(
  lines: readonly string[],
  start: number,
  block: string,
): LineEdit | undefined {
  const written = DOCSTRING.exec(block)?.[0];
  const offset = lines.slice(start).findIndex((line) => SIGNATURE_END.test(line));
  if (written === undefined || offset < 0) return undefined;
  const signature = start + offset;
  const body = lines.slice(signature + 1).join('\n');
  // An old docstring right below gives way.
  const old = new RegExp(`^\\s*${DOCSTRING.source}[\\t ]*(?:\\n|$)`).exec(body)?.[0] ?? '';
  const end = signature + 1 + old.replace(/\n$/, '').split('\n').length - (old === '' ? 1 : 0);
  const first = lines[start] ?? '';
  const indent = baseIndent(first) + levelIndent(lines.slice(start).join('\n'));
  const text = reindent(written, indent, body);
  return { start: signature, end, text: `${lines[signature] ?? ''}\n${text}` };
}

/**
 * @param start First line of what is documented.
 * @returns undefined when the block holds no comment, or the language's comments are not known
 */
export function documentationEdit(
  lines: readonly string[],
  start: number,
  block: string,
  languageId: string,
): LineEdit | undefined {
  if (languageId === 'python') return docstringInside(lines, start, block);
  const comment = LINE_COMMENTS.get(languageId);
  return comment && commentAbove(lines, start, block, comment);
}
