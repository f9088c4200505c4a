import { expect, it } from 'vitest';
import type { Pieces } from '../../../backend/tokenizer/pieces.ts';
import { warmUp } from '../../../backend/tokenizer/warmUp.ts';

function readsOf(tokens: readonly string[]): string[] {
  const bytes = Buffer.from(tokens.join(''));
  let end = 0;
  const ends = Uint32Array.from(tokens, (token) => (end += Buffer.byteLength(token)));
  const pieces: Pieces = { bytes: new Uint8Array(bytes), ends };
  const texts: string[] = [];
  const encode = function* (text: string) {
    yield Int32Array.of(0);
    texts.push(text);
  };
  expect(warmUp({ encode, isByteLevel: true }, pieces)).toBe(texts.length);
  return texts;
}

it('reads each text to its end, with the tokens as words and as one run', () => {
  expect(readsOf(['a', ' 好', 'b'])).toEqual(['a\n 好\nb', 'a 好b']);
});

it('reads the beginning of a large vocabulary, in short texts', () => {
  const texts = readsOf(Array.from({ length: 50_000 }, (_, token) => ` w${token}`));
  expect(texts[0]).toMatch(/^ w0\n w1\n/);
  expect(texts.join('')).toContain(' w8191');
  expect(texts.join('')).not.toContain(' w8192');
  for (const text of texts) expect(text.length).toBeLessThan(4096);
});

it('has nothing to read in an empty vocabulary', () => {
  expect(readsOf([])).toEqual([]);
});
