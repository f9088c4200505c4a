/** What a model wrote, made into what a person would want inserted. Pure functions all. */
import { takeBlock, takeLine, type Cut } from './block.ts';
import { findLoop } from '../models/repetition.ts';
import { linePrefix, previousLine, type Cursor } from './cursor.ts';
import { withoutTakenEnd } from './healing.ts';
import type { Shape } from './shape.ts';
import { isSignificant, withoutSuffix } from './suffixOverlap.ts';

/** What a suggestion is wanted for, fixed before the model is asked. */
export interface SuggestionContext {
  readonly cursor: Cursor;
  readonly shape: Exclude<Shape, 'none'>;
  /** Text before the cursor that the model had to write again. */
  readonly taken: string;
  /** Texts that end a suggestion, see markers.ts. */
  readonly markers: readonly string[];
}

export type Ending = 'natural' | 'cut short';

/** The text to insert, with LF line ends; empty when there is nothing worth showing. */
export function toSuggestion(written: string, context: SuggestionContext, ending: Ending): string {
  const fitting = withoutTakenEnd(written, context.taken);
  if (fitting === undefined) return '';
  const { text, complete } = shapeText(fitting, context);
  const whole = ending === 'cut short' && !complete ? withoutLastLine(text) : text;
  const { cursor } = context;
  const fresh = withoutSuffix(withoutLoop(whole), cursor, linePrefix(cursor)).trimEnd();
  return repeatsPreviousLine(fresh, cursor) ? '' : fresh;
}

/** Would more text from the model change the suggestion? */
export function isComplete(written: string, context: SuggestionContext): boolean {
  const fitting = withoutTakenEnd(written, context.taken);
  return fitting === undefined || shapeText(fitting, context).complete;
}

function shapeText(fitting: string, context: SuggestionContext): Cut {
  const { text, complete } = untilMarker(fitting, context.markers);
  const cut = context.shape === 'line' ? takeLine(text) : takeBlock(text, context.cursor);
  return { text: cut.text, complete: complete || cut.complete };
}

function untilMarker(text: string, markers: readonly string[]): Cut {
  const ends = markers.map((marker) => text.indexOf(marker)).filter((index) => index >= 0);
  return { text: text.slice(0, Math.min(...ends, text.length)), complete: ends.length > 0 };
}

/** The last line of several was not finished. */
function withoutLastLine(text: string): string {
  const end = text.lastIndexOf('\n');
  return end < 0 || text.slice(0, end).trim() === '' ? text : text.slice(0, end);
}

/** Up to where the model began to repeat itself: one line three times, or a unit four times. */
function withoutLoop(text: string): string {
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

function repeatsPreviousLine(text: string, cursor: Cursor): boolean {
  const previous = previousLine(cursor)?.trim() ?? '';
  const firstLine = text.split('\n')[0] ?? '';
  return isSignificant(previous) && (linePrefix(cursor) + firstLine).trim() === previous;
}
