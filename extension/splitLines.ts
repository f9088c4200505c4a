/** The lines of a text with any kind of line end; of at most `limit` lines the rest is not read. */
export function splitLines(text: string, limit?: number): string[] {
  return text.split(/\r\n|\n|\r/, limit);
}
