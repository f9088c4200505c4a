/**
 * Tokenizers join a line end with the indentation behind it, a space with the word behind it, and
 * the letters of a word. Text that stops inside of such a token asks for a continuation the model
 * has hardly ever seen: "return " is followed by a number, "return" by an expression. A model
 * without fill-in tokens is therefore asked without such an end, and must write it again itself.
 */

const WORD = /[\p{L}\p{N}_$]{1,64}$/u;

export interface HealedText {
  /** What the model is asked with; never blank. */
  readonly asked: string;
  /** White space and the beginning of a word, taken from the end. */
  readonly taken: string;
}

/**
 * A word that the surroundings know is whole, and stays.
 * @param before has more in it than white space
 */
export function takeUnfinishedEnd(before: string, after: string): HealedText {
  const word = WORD.exec(before)?.[0] ?? '';
  const head = before.slice(0, before.length - word.length);
  if (word !== '' && words(`${head} ${after}`).has(word)) return { asked: before, taken: '' };
  const asked = head.trimEnd();
  if (asked === '') return { asked: before, taken: '' };
  return { asked, taken: before.slice(asked.length) };
}

/**
 * What the model wrote beyond the end that was taken; undefined when it wrote something else, such
 * as the indentation of an outer block: then nothing of it fits at the cursor. White space before
 * the cursor may differ in its number of blank lines. An answer that is still too short to tell
 * gives the empty text.
 */
export function withoutTakenEnd(written: string, taken: string): string | undefined {
  if (taken === '') return written;
  const lead = leadingSpace(written);
  const space = leadingSpace(taken);
  const word = taken.slice(space.length);
  const rest = written.slice(lead.length);
  const hasLineEnd = space.includes('\n');
  if (rest === '' && (hasLineEnd || space.startsWith(lead))) return '';
  const extra = hasLineEnd ? extraIndent(lead, space) : extraSpace(lead, space);
  if (extra === undefined) return undefined;
  if (word === '') return extra + rest;
  if (extra !== '') return undefined;
  if (rest.startsWith(word)) return rest.slice(word.length);
  return word.startsWith(rest) ? '' : undefined;
}

function extraSpace(lead: string, space: string): string | undefined {
  return lead.startsWith(space) ? lead.slice(space.length) : undefined;
}

/** Of the last line alone. */
function extraIndent(lead: string, space: string): string | undefined {
  if (!lead.includes('\n')) return undefined;
  return extraSpace(lead.slice(lead.lastIndexOf('\n')), space.slice(space.lastIndexOf('\n')));
}

function leadingSpace(text: string): string {
  return /^\s*/.exec(text)?.[0] ?? '';
}

function words(text: string): Set<string> {
  return new Set(text.match(/[\p{L}\p{N}_$]+/gu));
}
