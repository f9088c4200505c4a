/** Finds the loops that small models fall into. */

export interface LoopLimits {
  readonly minCopies: number;
  /** Characters that all copies together must have. */
  readonly minLength: number;
}

/**
 * Where the text begins to consist of verbatim copies of one unit, up to its end; the last copy may
 * be cut off. -1 when it does not end in a loop. Takes time in proportion to the text's length.
 */
export function findLoop(text: string, { minCopies, minLength }: LoopLimits): number {
  const { length } = text;
  const reversedAt = (index: number): string => text.charAt(length - 1 - index);
  // Knuth, Morris and Pratt's border function of the reversed text: `seen - border` is the smallest
  // period of the text's last `seen` characters.
  const borders = new Uint32Array(length);
  let longest = 0;
  for (let index = 1, border = 0; index < length; index++) {
    while (border > 0 && reversedAt(index) !== reversedAt(border))
      border = borders[border - 1] ?? 0;
    if (reversedAt(index) === reversedAt(border)) border++;
    borders[index] = border;
    const seen = index + 1;
    if (seen >= minLength && seen >= minCopies * (seen - border)) longest = seen;
  }
  return longest === 0 ? -1 : length - longest;
}
