/** Takes from a suggestion the closing brackets that close nothing. */
import { linePrefix, type Cursor } from './cursor.ts';
import { languageOf } from './languages.ts';

const OPENER: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };
const QUOTES = ['"', "'", '`'];

/**
 * Up to the first closing bracket that neither the suggestion nor the text before it has opened. The
 * text before may be cut off at its start: then nobody knows what is open, and nothing is taken.
 */
export function withoutStrayClosers(text: string, cursor: Cursor): string {
  const { layout, lineComment } = languageOf(cursor.language);
  // Items of a list in prose, and the patterns of a shell's `case`, are closed without being opened.
  if (!cursor.reachesStart || layout === 'text' || cursor.language === 'shellscript') return text;
  const prefix = linePrefix(cursor);
  if (lineComment !== undefined && prefix.includes(lineComment)) return text;
  const open = new Map(Object.values(OPENER).map((opener) => [opener, 0]));
  const count = (opener: string, by: number): void => void open.set(opener, at(opener) + by);
  const at = (opener: string): number => open.get(opener) ?? 0;
  // Brackets in comments and texts before the cursor count, too: a doubt keeps what was written.
  for (const character of cursor.before) {
    if (open.has(character)) count(character, 1);
    const opener = OPENER[character];
    if (opener !== undefined && at(opener) > 0) count(opener, -1);
  }
  let quote = QUOTES.find((one) => prefix.split(one).length % 2 === 0) ?? '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (character === '\n') quote = '';
    if (quote !== '') {
      if (character === quote) quote = '';
      continue;
    }
    if (QUOTES.includes(character)) quote = character;
    if (open.has(character)) count(character, 1);
    const opener = OPENER[character];
    if (opener === undefined) continue;
    if (at(opener) === 0) return text.slice(0, index);
    count(opener, -1);
  }
  return text;
}
