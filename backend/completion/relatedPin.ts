/**
 * Which texts from elsewhere go into a document's prompts, and for how long they stay the same. They
 * stand at the prompt's beginning, so that a changed one makes the device compute all that follows
 * again: a second or more on a CPU. What was taken is therefore kept while somebody types.
 */
import type { RelatedText } from '../protocol/documents.ts';

export interface RelatedPin {
  readonly texts: readonly RelatedText[];
  /** Of the cursor, when they were taken. */
  readonly line: number;
  /** When they were taken, and when they were last used; monotonic, in ms. */
  readonly takenAt: number;
  readonly usedAt: number;
}

/** A pause in which the device has had time to compute other texts. */
const IDLE_MS = 3_000;
/** After so long, what surrounds the cursor's new line is worth a new prompt. */
const LONGEST_MS = 30_000;

/** How much each kind changes while somebody types in one file: little first. */
const stability: Readonly<Record<RelatedText['kind'], number>> = {
  import: 0,
  file: 1,
  declaration: 2,
  edit: 3,
};

/** How much each kind helps, for when there is too much: most first. */
const worth: readonly RelatedText['kind'][] = ['declaration', 'import', 'edit', 'file'];

/**
 * The texts to use for a request that offers some. They are taken anew after a pause, or when the
 * cursor is in another line and those there are have grown old; nothing offered keeps them.
 */
export function pinRelated(
  pin: RelatedPin | undefined,
  offered: readonly RelatedText[] | undefined,
  { line, now }: { readonly line: number; readonly now: number },
): RelatedPin | undefined {
  const isStale =
    pin === undefined ||
    now - pin.usedAt >= IDLE_MS ||
    (line !== pin.line && now - pin.takenAt >= LONGEST_MS);
  if (offered === undefined || !isStale) return pin && { ...pin, usedAt: now };
  const texts = arrange(offered, pin?.texts ?? []);
  const isSame = pin !== undefined && sameTexts(pin.texts, texts);
  return { texts: isSame ? pin.texts : texts, line, takenAt: now, usedAt: now };
}

/**
 * In the order of the prompt: by stability, and among equals what was there before in its old order,
 * so that as much as possible of the old prompt's beginning stays.
 */
function arrange(
  offered: readonly RelatedText[],
  known: readonly RelatedText[],
): readonly RelatedText[] {
  const place = (text: RelatedText): number => {
    const at = known.findIndex((one) => isSame(one, text));
    return at < 0 ? known.length : at;
  };
  return offered
    .filter(({ text }) => text.trim() !== '')
    .toSorted((a, b) => stability[a.kind] - stability[b.kind] || place(a) - place(b));
}

/**
 * The texts that fit into a budget, in their order: those that help most are chosen first, and one
 * that does not fit is left out, not cut.
 * @param cost of a text, in the budget's unit
 */
export function fitRelated<T extends Pick<RelatedText, 'kind'>>(
  texts: readonly T[],
  budget: number,
  cost: (text: T) => number,
): T[] {
  let left = budget;
  const byWorth = texts.toSorted((a, b) => worth.indexOf(a.kind) - worth.indexOf(b.kind));
  const chosen = new Set(
    byWorth.filter((text) => {
      if (cost(text) > left) return false;
      left -= cost(text);
      return true;
    }),
  );
  return texts.filter((text) => chosen.has(text));
}

function sameTexts(a: readonly RelatedText[], b: readonly RelatedText[]): boolean {
  return a.length === b.length && a.every((text, index) => isSame(text, b[index]));
}

function isSame(a: RelatedText, b: RelatedText | undefined): boolean {
  return a.kind === b?.kind && a.name === b.name && a.text === b.text;
}
