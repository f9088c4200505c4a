/** The code blocks of an answer, and which of them is meant. Pure. */
import { splitLines } from '../../splitLines.ts';

export interface CodeBlock {
  /** As the fence names it, in lower case; empty when it doesn't. */
  readonly language: string;
  readonly text: string;
}

/** Short names that models write, as VS Code's language identifiers. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['c++', 'cpp'],
  ['cs', 'csharp'],
  ['golang', 'go'],
  ['js', 'javascript'],
  ['jsx', 'javascriptreact'],
  ['kt', 'kotlin'],
  ['md', 'markdown'],
  ['py', 'python'],
  ['python3', 'python'],
  ['rb', 'ruby'],
  ['rs', 'rust'],
  ['ts', 'typescript'],
  ['tsx', 'typescriptreact'],
  ['yml', 'yaml'],
]);

/** Languages that are written in each other's blocks. */
const FAMILIES: readonly (readonly string[])[] = [
  ['typescript', 'typescriptreact', 'javascript', 'javascriptreact'],
  ['c', 'cpp'],
];

const OPENING = /^(\s*)(`{3,}|~{3,})\s*([^\s`{]*)[^`]*$/;

/** A block without its closing fence was cut off, and is left out. */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { indent: number; fence: string; language: string; lines: string[] } | undefined;
  for (const line of splitLines(markdown)) {
    if (!open) {
      const [, indent = '', fence, language = ''] = OPENING.exec(line) ?? [];
      if (fence !== undefined) {
        open = { indent: indent.length, fence, language: language.toLowerCase(), lines: [] };
      }
      continue;
    }
    const bare = line.trim();
    const [mark = ''] = open.fence;
    if (bare.length >= open.fence.length && bare === mark.repeat(bare.length)) {
      blocks.push({ language: open.language, text: open.lines.join('\n') });
      open = undefined;
      continue;
    }
    // In a list the fence is indented, and its lines as much.
    open.lines.push(line.slice(0, open.indent).trim() === '' ? line.slice(open.indent) : line);
  }
  return blocks;
}

function isOf(languageId: string, { language }: CodeBlock): boolean {
  const named = ALIASES.get(language) ?? language;
  return (
    named === languageId ||
    FAMILIES.some((family) => family.includes(named) && family.includes(languageId))
  );
}

function lineCount(text: string): number {
  return text.trim().split('\n').length;
}

/**
 * The block in that language, or in none; of several, the one nearest in size. Blocks in another
 * language, such as a shell command beside the code, are never meant.
 * @param wantedLines Without it the largest is meant.
 */
export function chooseBlock(
  blocks: readonly CodeBlock[],
  languageId: string,
  wantedLines = Number.POSITIVE_INFINITY,
): CodeBlock | undefined {
  const filled = blocks.filter(({ text }) => text.trim() !== '');
  const named = filled.filter((block) => isOf(languageId, block));
  const candidates = named.length > 0 ? named : filled.filter(({ language }) => language === '');
  const distance = ({ text }: CodeBlock): number => {
    const count = lineCount(text);
    return Number.isFinite(wantedLines) ? Math.abs(count - wantedLines) : -count;
  };
  return candidates.toSorted((a, b) => distance(a) - distance(b))[0];
}

/**
 * True when a block shows only a part of what it would replace: it has far fewer lines, or it has no
 * word of the first one, as a method has none of its class's.
 */
export function isFragment({ text }: CodeBlock, original: string): boolean {
  if (lineCount(text) * 2 < lineCount(original)) return true;
  const written = new Set(words(text));
  const first = words(original.trim().split('\n')[0] ?? '');
  return first.length > 0 && !first.some((word) => written.has(word));
}

function words(text: string): string[] {
  return text.match(/[\p{L}\p{N}_$]+/gu) ?? [];
}
