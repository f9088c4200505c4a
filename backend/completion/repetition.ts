/** Takes from a suggestion what has been said: by itself, or by the lines above the cursor. */
import { findLoop } from '../models/repetition.ts';
import { linePrefix, previousLine, type Cursor } from './cursor.ts';
import { isSignificant } from './suffixOverlap.ts';

/** Lines above the cursor that a suggestion may not say again as a whole. */
const LINES_ABOVE = 24;

/** Up to where the model began to repeat itself: one line three times, or a unit four times. */
export function withoutLoop(text: string): string {
  const lines = text.split('\n');
  const said = lines.map((line) => line.trim());
  const looping = said.find(
    (line) => isSignificant(line) && said.filter((other) => other === line).length > 2,
  );
  const second = looping === undefined ? -1 : said.indexOf(looping, said.indexOf(looping) + 1);
  const unlooped = second < 0 ? text : lines.slice(0, second).join('\n');
  const start = findLoop(unlooped, { minCopies: 4, minLength: 16 });
  // Separators and tables of numbers are loops, too.
  const hasWord = start >= 0 && /\p{L}{2}/u.test(unlooped.slice(start));
  return hasWord ? unlooped.slice(0, start) : unlooped;
}

/**
 * Nothing, if the line above or several lines in a row are only said again. One line further up may
 * well be right a second time, such as `return false;`.
 */
export function withoutEcho(text: string, cursor: Cursor): string {
  const whole = linePrefix(cursor) + text;
  const previous = previousLine(cursor)?.trim() ?? '';
  const isPrevious = isSignificant(previous) && whole.split('\n')[0]?.trim() === previous;
  const start = cursor.before.lastIndexOf('\n') + 1;
  const above = significantLines(cursor.before.slice(0, start)).slice(-LINES_ABOVE);
  const said = significantLines(whole);
  const isBlockAbove =
    said.length > 2 &&
    above.some((_, from) => said.every((line, index) => above[from + index] === line));
  return isPrevious || isBlockAbove ? '' : text;
}

function significantLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(isSignificant);
}
