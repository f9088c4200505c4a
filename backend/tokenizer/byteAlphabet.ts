/**
 * How byte-level vocabularies write bytes: printable Latin-1 as itself, the others as the characters
 * from U+0100 on, in order (GPT-2's encoder.py, bytes_to_unicode).
 */
const isPrintable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !isPrintable(byte));

/** The character of each byte. */
export const byteCharacters: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  String.fromCharCode(isPrintable(byte) ? byte : 0x100 + others.indexOf(byte)),
);

const byteOf = new Map(byteCharacters.map((character, byte) => [character, byte]));

/** The bytes of a token; undefined when it has a character that stands for none. */
export function bytesOf(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let at = 0; at < token.length; at++) {
    const byte = byteOf.get(token.charAt(at));
    if (byte === undefined) return undefined;
    bytes[at] = byte;
  }
  return bytes;
}
