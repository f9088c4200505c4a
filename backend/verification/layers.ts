/** Lists of layers as `--keep-high` takes them. */

/** `[3, 7, 8, 9]` as `3,7-9`. */
export function formatLayers(layers: readonly number[]): string {
  const parts: { first: number; last: number }[] = [];
  for (const layer of [...new Set(layers)].sort((a, b) => a - b)) {
    const part = parts.at(-1);
    if (part?.last === layer - 1) part.last = layer;
    else parts.push({ first: layer, last: layer });
  }
  return parts.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join();
}
