/** Tables in Markdown, from texts that are not. */

/** File names and sentences of a backend are text here, not Markdown. */
export function plainText(text: string): string {
  return text.replace(/[\\`*_[\]<>|~&]/g, String.raw`\$&`).replace(/\s+/g, ' ');
}

/** @param numeric columns from this one on are numbers, and aligned as such */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numeric = head.length,
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, i) => (i < numeric ? ':--' : '--:'));
  return [
    line(head.map(plainText)),
    line(rule),
    ...rows.map((row) => line(row.map(plainText))),
  ].join('\n');
}
