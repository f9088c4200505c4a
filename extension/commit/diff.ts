/** The output of `git diff`, by file: what of it a message is written from. Pure. */
import { firstLines, shareOut } from '../chat/shareOut.ts';
import { splitLines } from '../splitLines.ts';

export interface FileDiff {
  /** From the repository's root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly isBinary: boolean;
}

/** Lines at the start of the output or after a file's last hunk; the hunks' own lines are prefixed. */
const FILE_START = /^(?=diff --(?:git|cc|combined) )/m;
const BINARY = /^(?:Binary files .* differ|GIT binary patch)$/m;

/** Git quotes names with special characters as C does, byte by byte. */
function unquote(name: string): string {
  if (!name.startsWith('"')) return name;
  const bytes: number[] = [];
  const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  for (const [, octal, escaped, plain] of name
    .slice(1, -1)
    .matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...new TextEncoder().encode(plain ?? escapes[escaped ?? ''] ?? escaped ?? ''));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

/** `a/`, `b/` and, with `diff.mnemonicPrefix`, `i/`, `w/`, `c/`, `o/`. */
function withoutPrefix(name: string): string {
  return name.replace(/^[abciow]\//, '');
}

function pathOf(header: string): string {
  const named = (pattern: RegExp): string | undefined => pattern.exec(header)?.[1];
  const marked = [named(/^\+\+\+ (.+?)\t?$/m), named(/^--- (.+?)\t?$/m)].find(
    (name) => name !== undefined && name !== '/dev/null',
  );
  if (marked !== undefined) return withoutPrefix(unquote(marked));
  const renamed = named(/^rename to (.+)$/m);
  if (renamed !== undefined) return unquote(renamed);
  const pair = named(/^diff --\w+ (.+)$/m) ?? '';
  const quoted = /^(?<first>"(?:[^"\\]|\\.)*") /.exec(pair)?.groups?.['first'];
  // Without quotes both names have the same length when the file kept its name.
  return withoutPrefix(quoted ? unquote(quoted) : pair.slice(0, Math.floor(pair.length / 2)));
}

export function splitDiff(output: string): FileDiff[] {
  return output
    .split(FILE_START)
    .filter((part) => part.startsWith('diff --'))
    .map((part) => {
      const hunks = part.search(/^@@/m);
      const header = hunks < 0 ? part : part.slice(0, hunks);
      return { path: pathOf(header), text: part.trimEnd(), isBinary: BINARY.test(header) };
    });
}

/** A file that git doesn't know yet, as git would show it. */
export function newFileDiff(path: string, text: string): FileDiff {
  const added = splitLines(text.trimEnd());
  const lines = [`diff --git a/${path} b/${path}`, 'new file', ...added.map((line) => `+${line}`)];
  return { path, text: lines.join('\n'), isBinary: false };
}

const GENERATED =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|[\w.-]+\.lock|go\.sum|[^/]+\.min\.(?:js|css)|[^/]+\.map)$/i;

/** Written by tools: its lines say nothing about the change. */
export function isGenerated(path: string): boolean {
  return GENERATED.test(path);
}

/** The largest files are cut, each at the end of a line, with a note that they were. */
export function fitDiff(files: readonly FileDiff[], characters: number): string {
  const shares = shareOut(
    files.map(({ text }) => text.length),
    characters,
  );
  return files
    .map(({ path, text }, index) => {
      const kept = firstLines(text, shares[index] ?? 0);
      if (kept.length === text.length) return text;
      const more = text.slice(kept.length).trim().split('\n').length;
      return `${kept === '' ? `diff of ${path}` : kept}\n(${more} more lines of this file)`;
    })
    .join('\n');
}
