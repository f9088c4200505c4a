/** How several texts share a room that may be too small for all of them. Pure. */

/**
 * A fair share for each: small texts keep all of theirs, what they leave over goes to the larger
 * ones, and the largest are cut to the same length.
 * @param sizes In characters.
 * @param room In characters, for all together.
 */
export function shareOut(sizes: readonly number[], room: number): number[] {
  const shares = sizes.map(() => 0);
  const bySize = sizes.map((size, index) => ({ size, index })).sort((a, b) => a.size - b.size);
  let left = Math.max(0, Math.floor(room));
  for (const [done, { size, index }] of bySize.entries()) {
    const share = Math.min(size, Math.floor(left / (bySize.length - done)));
    shares[index] = share;
    left -= share;
  }
  return shares;
}

/** The longest run of whole lines from the start that has at most `limit` characters. */
export function firstLines(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return text.slice(0, Math.max(0, text.lastIndexOf('\n', limit)));
}
