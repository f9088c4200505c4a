/** Names that a file takes from other files, found by the form of the line in any language. */
import { splitLines } from '../splitLines.ts';
import { identifiersOf } from './identifiers.ts';

/** TypeScript, Python, Go, Rust, Java, C#, Kotlin, Swift, PHP, and the `require` of others. */
const IMPORT_LINE =
  /^\s*(?:import\b|from\s+\S+\s+import\b|export\s.*\bfrom\b|use\s|using\s|open\s|.*\brequire\s*\()/;
const STRING = /(["'`])(?:\\.|(?!\1).)*\1/g;
/** Imports stand at the top; elsewhere the pattern would find other things. */
const IMPORT_LINES = 200;
const LONGEST_LINE = 400;

export interface NamePlace {
  readonly name: string;
  /** Both from 0, in UTF-16 units. */
  readonly line: number;
  readonly character: number;
}

/** Lines of statements that import, with their continuation up to the closing bracket. */
function importLines(lines: readonly string[]): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = [];
  let open = false;
  for (const [line, text] of lines.slice(0, IMPORT_LINES).entries()) {
    if (text.length > LONGEST_LINE) continue;
    const begins = IMPORT_LINE.test(text);
    if (!begins && !open) continue;
    found.push({ line, text });
    if (begins) open = /[({]/.test(text) && !/[)}]/.test(text);
    else if (/[)}]/.test(text)) open = false;
  }
  return found;
}

/**
 * The imported names that are used near the cursor, most used first.
 * @param text of the whole file
 * @param around its part at the cursor
 */
export function importedNames(text: string, around: string, limit: number): NamePlace[] {
  const lines = splitLines(text, IMPORT_LINES);
  const used = new Map<string, number>();
  for (const [name] of around.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
    used.set(name, (used.get(name) ?? 0) + 1);
  }
  const places = new Map<string, NamePlace>();
  for (const { line, text: statement } of importLines(lines)) {
    // Strings are blanked, not removed, so that columns stay.
    const bare = statement.replace(STRING, (string) => ' '.repeat(string.length));
    for (const name of identifiersOf(bare)) {
      const character = placeOf(name, bare);
      if (character >= 0 && used.has(name) && !places.has(name)) {
        places.set(name, { name, line, character });
      }
    }
  }
  return [...places.values()]
    .sort((a, b) => (used.get(b.name) ?? 0) - (used.get(a.name) ?? 0))
    .slice(0, limit);
}

function placeOf(name: string, line: string): number {
  const places = Array.from(line.matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu));
  return places.find(([found]) => found === name)?.index ?? -1;
}

/**
 * For languages whose imports name files or packages only, such as C and Go: the functions that are
 * called near the cursor, the last first.
 * @param lines the lines near the cursor
 * @param firstLine number of the first of them, from 0
 */
export function calledNames(
  lines: readonly string[],
  firstLine: number,
  limit: number,
): NamePlace[] {
  const places = new Map<string, NamePlace>();
  for (const [i, text] of lines.entries()) {
    if (text.length > LONGEST_LINE) continue;
    for (const { 1: name = '', index } of text.matchAll(/([\p{L}_$][\p{L}\p{N}_$]{2,})\s*\(/gu)) {
      if (!identifiersOf(name).has(name)) continue;
      places.delete(name);
      places.set(name, { name, line: firstLine + i, character: index });
    }
  }
  return [...places.values()].reverse().slice(0, limit);
}
