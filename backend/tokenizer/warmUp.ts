/** A first reading, so that nobody's first text waits for the runtime to compile the encoder. */
import type { Pieces } from './pieces.ts';
import type { TextEncoder } from './textEncoder.ts';

/** Vocabularies begin with what is most frequent: these are the words of most texts. */
const FREQUENT_TOKENS = 8192;
/** The end of a text is compiled, too, once it has been seen some times. */
const TOKENS_OF_A_TEXT = 256;

/**
 * Encodes the most frequent tokens, as words and as runs without end, in many short texts.
 * @returns how many tokens the texts had
 */
export function warmUp(encoder: TextEncoder, { bytes, ends }: Pieces): number {
  const decoder = new TextDecoder();
  let count = 0;
  const last = Math.min(FREQUENT_TOKENS, ends.length);
  for (let first = 0; first < last; first += TOKENS_OF_A_TEXT) {
    const words: string[] = [];
    for (let token = first; token < Math.min(first + TOKENS_OF_A_TEXT, last); token++) {
      words.push(decoder.decode(bytes.subarray(ends[token - 1] ?? 0, ends[token])));
    }
    for (const text of [words.join('\n'), words.join('')]) {
      for (const tokens of encoder.encode(text)) count += tokens.length;
    }
  }
  return count;
}
