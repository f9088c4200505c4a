/**
 * What happens to a suggestion on the screen, told from the document's changes alone: the stable API
 * says neither that a suggestion was shown nor that a part of it was accepted.
 */

/** `continued`: the rest of a suggestion that was on the screen already. */
export type Outcome = 'shown' | 'accepted' | 'partly' | 'typedThrough' | 'continued';

export interface ShownSuggestion {
  /** Offset in the document, in UTF-16 units, where the text goes. */
  readonly anchor: number;
  /** The suggestion and its alternatives, with the document's line ends. */
  readonly texts: readonly string[];
  /** How much of the text is in the document, in UTF-16 units. */
  readonly reached: number;
  /** How much of it came by accepting, not by typing. */
  readonly accepted: number;
}

export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

export type Step =
  /** What was typed or accepted agrees with the suggestion. */
  | { readonly kind: 'agrees'; readonly next: ShownSuggestion }
  /** All of it is in the document. */
  | { readonly kind: 'complete'; readonly next: ShownSuggestion; readonly byAccepting: boolean }
  /** The document went another way. */
  | { readonly kind: 'left' };

/** What an editor adds by itself when its first half is typed. */
const PAIRS = new Set(['()', '[]', '{}', '<>', '""', "''", '``']);

/** The change as seen from the suggestion's place, after it moved with text before it. */
export function follow(shown: ShownSuggestion, change: TextChange): Step {
  const { anchor, reached, texts } = shown;
  const end = change.rangeOffset + change.rangeLength;
  if (end < anchor || (end === anchor && change.rangeLength > 0)) {
    const moved = anchor + change.text.length - change.rangeLength;
    return { kind: 'agrees', next: { ...shown, anchor: moved } };
  }
  const from = change.rangeOffset - anchor;
  if (from < 0) return { kind: 'left' };
  // Behind the cursor: such as the second half of a pair, which goes when the first half does.
  if (from > reached) return { kind: 'agrees', next: shown };

  const [first = ''] = texts;
  const typed = PAIRS.has(change.text) ? change.text.slice(0, 1) : change.text;
  for (const written of new Set([change.text, typed])) {
    const text = first.slice(0, from) + written;
    const agreeing = texts.filter((candidate) => candidate.startsWith(text));
    if (agreeing.length === 0) continue;
    return stepTo(shown, agreeing, text.length, change);
  }
  return { kind: 'left' };
}

function stepTo(
  shown: ShownSuggestion,
  texts: readonly string[],
  reached: number,
  change: TextChange,
): Step {
  const gained = reached - shown.reached;
  // A key gives one character, or a pair; accepting gives a word, a line or all.
  const byAccepting = gained > 1 && !PAIRS.has(change.text);
  const accepted = byAccepting ? shown.accepted + gained : Math.min(shown.accepted, reached);
  const next = { ...shown, texts, reached, accepted };
  return texts.some(({ length }) => length === reached)
    ? { kind: 'complete', next, byAccepting }
    : { kind: 'agrees', next };
}

/** True when a new answer is the rest of what is on the screen. */
export function isRestOf(shown: ShownSuggestion, anchor: number, text: string): boolean {
  const done = anchor - shown.anchor;
  if (done < 0 || done > shown.reached) return false;
  return shown.texts.some((known) => text !== '' && known.slice(done) === text);
}

/** What to call it once it is over. */
export function outcomeOf({ texts, reached, accepted }: ShownSuggestion): Outcome {
  const complete = texts.some(({ length }) => length === reached);
  if (accepted > 0) return complete ? 'accepted' : 'partly';
  return complete ? 'typedThrough' : 'shown';
}
