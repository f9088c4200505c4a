/** Text from a file or a server for a terminal or a log: no control characters, not too long. */
export function toPlainText(text: string, maxLength = 200): string {
  return text.slice(0, maxLength).replace(/[\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ');
}
