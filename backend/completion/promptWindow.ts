/**
 * Which part of a document a completion is asked with. The window's start moves in coarse steps, so
 * that from key to key the prompt begins with the same text and the KV cache of it is used again.
 */

/** The window takes between half of its budget and all of it. */
const STEPS = 4;

/**
 * Start of the text before the cursor: at most `budget` characters back, on a line's start unless
 * the lines are too long for that, and the same for `budget / 4` keys on end.
 */
export function windowStart(text: string, offset: number, budget: number): number {
  if (offset <= budget) return 0;
  const step = Math.max(1, Math.floor(budget / STEPS));
  const earliest = Math.ceil((offset - budget) / step) * step;
  // Independent of the cursor, or the start would move once more inside a step.
  const newline = text.slice(earliest - 1, earliest - 1 + step).indexOf('\n');
  return newline >= 0 ? earliest + newline : outsidePair(text, earliest);
}

/** End of the text after the cursor: at most `budget` characters on, at a line's end if possible. */
export function windowEnd(text: string, offset: number, budget: number): number {
  const end = offset + budget;
  if (end >= text.length) return text.length;
  const newline = text.slice(offset, end).lastIndexOf('\n');
  return newline >= budget / 2 ? offset + newline + 1 : outsidePair(text, end);
}

/** The same offset, or the one before it if it parts a surrogate pair. */
export function outsidePair(text: string, offset: number): number {
  const isPair = /^[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(offset - 1, offset + 1));
  return offset > 0 && isPair ? offset - 1 : offset;
}
