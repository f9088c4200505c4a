import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenText } from '../../../backend/host/tokenText.ts';

/** Tokens are indexes into a list of byte strings. */
function follow(pieces: readonly Uint8Array[], stops: readonly string[]): TokenText {
  return new TokenText((token) => pieces[token]!, stops);
}
const bytes = (text: string): Uint8Array[] => [...Buffer.from(text)].map((b) => Uint8Array.of(b));

/** What comes out for each token, and at the end. */
function run(pieces: readonly Uint8Array[], stops: readonly string[] = []): string[] {
  const text = follow(pieces, stops);
  return [...pieces.map((_, token) => text.push(token)), text.end()];
}

describe('TokenText', () => {
  it.each([
    ['plain text as it comes', 'ab', [], ['a', 'b', '']],
    ['a character when it is whole', 'é', [], ['', 'é', '']],
    ['an emoji when it is whole', '🙂!', [], ['', '', '', '🙂', '!', '']],
    ['a byte order mark like any character', '\uFEFFa', [], ['', '', '\uFEFF', 'a', '']],
    ['nothing of a stop text', 'a<end>b', ['<end>'], ['a', '', '', '', '', '', '', '']],
    ['what only looked like a stop', 'a<enx', ['<end>'], ['a', '', '', '', '<enx', '']],
    ['a held beginning at the end', 'a<en', ['<end>'], ['a', '', '', '', '<en']],
    ['a stop that begins again inside itself', 'aab', ['ab'], ['', 'a', '', '']],
    ['up to the stop that is complete first', 'xabc', ['abc', 'b'], ['x', '', 'a', '', '']],
    ['up to the longest that end together', 'xab', ['b', 'ab'], ['x', '', '', '']],
  ])('gives %s', (_, text, stops, expected) => {
    expect(run(bytes(text), stops)).toEqual(expected);
  });

  it('leaves out half a character at the end', () => {
    expect(run(bytes('a🙂').slice(0, 3))).toEqual(['a', '', '', '']);
  });

  it('shows bytes that are no UTF-8 as U+FFFD', () => {
    expect(run([Uint8Array.of(0xff), ...bytes('a')]).join('')).toBe('\uFFFDa');
  });

  it('is not stopped by half a character', () => {
    const text = follow([Buffer.from('🙂')], ['\uDE42', '']);
    expect(text.push(0)).toBe('🙂');
    expect(text.stopped).toBe(false);
  });

  const anyText = fc.string({ unit: 'grapheme', maxLength: 30 });
  const fewLetters = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), maxLength: 30 });
  const stops = fc.array(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '🙂'), minLength: 1, maxLength: 4 }),
    { maxLength: 3 },
  );
  const cuts = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 40 });

  /** The bytes of a text in pieces of the given lengths, the rest in one. */
  function split(text: string, lengths: readonly number[]): Uint8Array[] {
    const all = Buffer.from(text);
    const pieces: Uint8Array[] = [];
    let at = 0;
    for (const length of lengths) {
      pieces.push(all.subarray(at, at + length));
      at += length;
    }
    return [...pieces, all.subarray(at)];
  }

  it('gives every text back, however its bytes are split', () => {
    fc.assert(
      fc.property(anyText, cuts, (text, lengths) => {
        expect(run(split(text, lengths)).join('')).toBe(Buffer.from(text).toString());
      }),
    );
  });

  it('stops at the same character, however the bytes are split, and shows whole characters', () => {
    fc.assert(
      fc.property(fewLetters, stops, cuts, (text, stopTexts, lengths) => {
        const parts = run(split(text, lengths), stopTexts);
        expect(parts.join('')).toBe(run(bytes(text), stopTexts).join(''));
        for (const stop of stopTexts) expect(parts.join('')).not.toContain(stop);
        for (const part of parts) expect(Buffer.from(part).toString()).toBe(part);
      }),
    );
  });

  it('goes on after priming exactly where the first one was', () => {
    fc.assert(
      fc.property(fewLetters, stops, cuts, fc.nat(40), (text, stopTexts, lengths, at) => {
        const pieces = split(text, lengths);
        const whole = run(pieces, stopTexts);
        const second = follow(pieces, stopTexts);
        const sent = pieces.slice(0, at).map((_, token) => token);
        second.prime(sent);
        const rest = pieces.slice(at).map((_, i) => second.push(at + i));
        expect([...whole.slice(0, sent.length), ...rest, second.end()]).toEqual(whole);
      }),
    );
  });
});
