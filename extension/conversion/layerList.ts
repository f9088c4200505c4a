/** Lists of layers as people write them: `0,3-5`. */

/** The highest number of a layer. */
const LAST_LAYER = 1023;

/** In order, each once; undefined when the text is no such list. */
export function parseLayers(text: string): number[] | undefined {
  const layers = new Set<number>();
  for (const part of text.split(',')) {
    const [, from, to = from] = /^\s*(\d{1,4})(?:\s*-\s*(\d{1,4}))?\s*$/u.exec(part) ?? [];
    if (from === undefined) return undefined;
    const [first, last] = [Number(from), Number(to)];
    if (first > last || last > LAST_LAYER) return undefined;
    for (let layer = first; layer <= last; layer++) layers.add(layer);
  }
  return [...layers].sort((a, b) => a - b);
}
