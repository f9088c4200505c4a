/** Values between and beyond those that were compiled. */

export function between(first: number, last: number, share: number): number {
  return first + (last - first) * share;
}

/** The value itself where there is one point, else on the line through the first and the last. */
export function atVocabulary(
  points: readonly { readonly at: number; readonly value: number }[],
  vocabulary: number,
): number {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) throw new Error('No output head was compiled.');
  if (first === last) return first.value;
  return between(first.value, last.value, (vocabulary - first.at) / (last.at - first.at));
}
