/** What completion needs to know of a language, by VS Code's language identifiers. */

/** How the lines of a language belong together. */
type Layout =
  /** Blocks in brackets; a colon ends a label or a type. */
  | 'braces'
  /** Blocks by indentation; a colon opens one. */
  | 'indent'
  /** Blocks between words, such as `do` and `end`. */
  | 'words'
  /** Blocks between tags. */
  | 'tags'
  /** Prose. */
  | 'text'
  | 'unknown';

export interface Language {
  readonly layout: Layout;
  /** Begins a comment that ends with the line. */
  readonly lineComment?: string;
  /** Begins and ends a comment, where there is none for a line. */
  readonly blockComment?: readonly [string, string];
}

const unknown: Language = { layout: 'unknown' };

const groups: readonly (readonly [Language, string])[] = [
  [
    { layout: 'braces', lineComment: '//' },
    'c cpp cuda-cpp csharp dart fsharp glsl go groovy hlsl java javascript javascriptreact jsonc ' +
      'kotlin less objective-c objective-cpp php proto rust scala scss solidity swift typescript ' +
      'typescriptreact verilog systemverilog zig',
  ],
  [{ layout: 'braces', blockComment: ['/*', '*/'] }, 'css'],
  [{ layout: 'braces', lineComment: '#' }, 'perl r powershell terraform'],
  [{ layout: 'braces' }, 'json'],
  [
    { layout: 'indent', lineComment: '#' },
    'python yaml coffeescript nim dockercompose makefile toml dockerfile properties ini dotenv',
  ],
  [{ layout: 'indent', lineComment: '--' }, 'haskell elm'],
  [{ layout: 'words', lineComment: '#' }, 'ruby shellscript julia elixir crystal fish cmake'],
  [{ layout: 'words', lineComment: '--' }, 'lua sql vhdl ada'],
  [{ layout: 'words', lineComment: '%' }, 'erlang matlab'],
  [{ layout: 'tags', blockComment: ['<!--', '-->'] }, 'html xml xsl svg vue svelte'],
  [{ layout: 'text' }, 'markdown plaintext restructuredtext asciidoc'],
  [{ layout: 'text', lineComment: '%' }, 'latex tex bibtex'],
  [{ layout: 'text', lineComment: '#' }, 'git-commit git-rebase'],
];

const languages = new Map(
  groups.flatMap(([language, ids]) => ids.split(' ').map((id) => [id, language] as const)),
);

/** Of an unknown identifier: no comment syntax, and a layout that is guessed from the text. */
export function languageOf(id: string): Language {
  return languages.get(id) ?? unknown;
}

/** A text as a comment, a line each; undefined where the language has no comments we know. */
export function asComment(
  text: string,
  { lineComment, blockComment }: Language,
): string | undefined {
  if (lineComment !== undefined) {
    return text
      .split('\n')
      .map((line) => `${lineComment} ${line}`.trimEnd())
      .join('\n');
  }
  if (blockComment === undefined) return undefined;
  const [open, close] = blockComment;
  // A text that ends the comment itself would become code.
  return text.includes(close) ? undefined : `${open}\n${text}\n${close}`;
}
