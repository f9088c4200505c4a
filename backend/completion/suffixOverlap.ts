/** Takes from a suggestion what the document has behind the cursor already. */
import { lineSuffix, type Cursor } from './cursor.ts';

const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const QUOTES = '"\'`';

/** Does a line say something? Closing brackets may well come twice. */
export function isSignificant(line: string): boolean {
  return /[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(line);
}

export function withoutSuffix(text: string, cursor: Cursor, prefix: string): string {
  const lines = untilRepeatedLine(text.split('\n'), cursor, prefix);
  const joined = lines.join('\n');
  const rest = lineSuffix(cursor).trimEnd();
  return rest === '' ? joined : withoutLineRest(joined, rest, prefix);
}

/** Up to the line that is the next one in the document. */
function untilRepeatedLine(lines: string[], cursor: Cursor, prefix: string): string[] {
  const below = cursor.after.slice(lineSuffix(cursor).length).split('\n');
  const next = below.find((line) => line.trim() !== '')?.trimEnd();
  if (next === undefined) return lines;
  const at = lines.findIndex((line, index) => {
    const whole = (index === 0 ? prefix + line : line).trimEnd();
    if (isSignificant(next)) return whole.trim() === next.trim();
    return index > 0 && whole === next;
  });
  return at < 0 ? lines : lines.slice(0, at);
}

/** Without what repeats the rest of the cursor's line. */
function withoutLineRest(text: string, rest: string, prefix: string): string {
  const closer = rest.trimStart().charAt(0);
  const end = indexOfUnmatched(text, closer, prefix);
  if (end >= 0) return text.slice(0, end);
  const isOnce = isSignificant(rest) || /^[;,]+$/.test(rest);
  return isOnce && text.endsWith(rest) ? text.slice(0, -rest.length) : text;
}

/** Where the text closes, with that character, what was opened before it; -1 if nowhere. */
function indexOfUnmatched(text: string, closer: string, prefix: string): number {
  if (closer !== '' && QUOTES.includes(closer)) {
    const isOpen = prefix.split(closer).length % 2 === 0;
    return isOpen ? text.indexOf(closer) : -1;
  }
  if (!Object.values(PAIRS).includes(closer)) return -1;
  const expected: string[] = [];
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (QUOTES.includes(character)) {
      quote = character;
    } else if (character in PAIRS) {
      expected.push(PAIRS[character] ?? '');
    } else if (character === expected.at(-1)) {
      expected.pop();
    } else if (expected.length === 0 && character === closer) {
      return index;
    }
  }
  return -1;
}
