/** What a model wrote, made into what a person would want inserted. Pure functions all. */
import type { CompletionFate } from '../protocol/documents.ts';
import { takeBlock, takeLine, takeNext, type Cut } from './block.ts';
import { withoutStrayClosers } from './brackets.ts';
import { unwrapped } from './chatter.ts';
import { linePrefix, type Cursor } from './cursor.ts';
import { withoutTakenEnd } from './healing.ts';
import { withIndentationOf } from './indentation.ts';
import { withoutEcho, withoutLoop } from './repetition.ts';
import type { Shape } from './shape.ts';
import { withoutSuffix } from './suffixOverlap.ts';

/** What a suggestion is wanted for, fixed before the model is asked. */
export interface SuggestionContext {
  readonly cursor: Cursor;
  readonly shape: Shape;
  /** Text before the cursor that the model had to write again. */
  readonly taken: string;
  /** Texts that end a suggestion, see markers.ts. */
  readonly markers: readonly string[];
  readonly maxLines: number;
}

export type Ending = 'natural' | 'cut short';

export interface MadeSuggestion {
  /** With LF line ends; empty when there is nothing worth showing. */
  readonly text: string;
  readonly fate: Extract<CompletionFate, 'suggested' | 'nothing' | 'repetition' | 'misfit'>;
}

const LICENSE = /copyright (?:\(c\)|©|\d{4})|licensed under|all rights reserved|spdx-license/i;

/** One after the other; the one that leaves nothing tells what was wrong with it all. */
const filters: readonly (readonly [
  Exclude<MadeSuggestion['fate'], 'suggested' | 'nothing'>,
  (text: string, cursor: Cursor) => string,
])[] = [
  ['misfit', withoutBrokenText],
  ['misfit', withoutLicense],
  ['repetition', withoutLoop],
  ['misfit', withoutStrayClosers],
  ['misfit', withIndentationOf],
  ['repetition', (text, cursor) => withoutSuffix(text, cursor, linePrefix(cursor))],
  ['misfit', (text) => text.trimEnd()],
  ['repetition', withoutEcho],
];

export function toSuggestion(
  written: string,
  context: SuggestionContext,
  ending: Ending,
): MadeSuggestion {
  const fitting = fittingText(written, context, true);
  if (fitting === undefined) return { text: '', fate: 'misfit' };
  const { text, complete } = shapeText(fitting, context);
  let kept = ending === 'cut short' && !complete ? withoutLastLine(text) : text;
  if (kept.trim() === '') return { text: '', fate: 'nothing' };
  for (const [fate, filter] of filters) {
    kept = filter(kept, context.cursor);
    if (kept.trim() === '') return { text: '', fate };
  }
  return { text: kept, fate: 'suggested' };
}

/** Would more text from the model change the suggestion? */
export function isComplete(written: string, context: SuggestionContext): boolean {
  const fitting = fittingText(written, context, false);
  return fitting === undefined || shapeText(fitting, context).complete;
}

/** Of what the model wrote, what belongs behind the cursor; undefined when nothing ever will. */
function fittingText(
  written: string,
  { taken, cursor }: SuggestionContext,
  isWhole: boolean,
): string | undefined {
  const rest = withoutTakenEnd(written, taken);
  if (rest !== undefined) return unwrapped(rest, cursor, isWhole);
  // What has been wrapped does not begin with the end that was taken, but its inside may.
  const inside = unwrapped(written, cursor, isWhole);
  return inside === undefined || inside === written ? undefined : withoutTakenEnd(inside, taken);
}

function shapeText(fitting: string, context: SuggestionContext): Cut {
  const { text, complete } = untilMarker(fitting, context.markers);
  const cut = takeShape(text, context);
  return { text: cut.text, complete: complete || cut.complete };
}

function takeShape(text: string, { shape, cursor, maxLines }: SuggestionContext): Cut {
  switch (shape) {
    case 'line':
      return takeLine(text);
    case 'block':
      return takeBlock(text, cursor, maxLines);
    case 'next':
      return takeNext(text);
  }
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

/** Up to what is no text: bytes that form no character, and control characters. */
function withoutBrokenText(text: string): string {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  const end = text.search(/[\0-\x08\x0e-\x1f\x7f\uFFFD]|\p{Cs}/u);
  return end < 0 ? text : text.slice(0, end);
}

/** A licence is the author's to choose, and a model knows thousands of them by heart. */
function withoutLicense(text: string, { before }: Cursor): string {
  if (LICENSE.test(before)) return text;
  const lines = text.split('\n');
  const at = lines.findIndex((line) => LICENSE.test(line));
  return at < 0 ? text : lines.slice(0, at).join('\n');
}
