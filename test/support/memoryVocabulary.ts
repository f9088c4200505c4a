/**
 * The vocabulary of the in-memory device: 256 bytes, a few words, and special tokens. A character
 * outside ASCII takes several tokens, as it may in a real model.
 */
import type { FillInTokens, SpecialToken } from '../../backend/devices/device.ts';

const words = [' const', ' return', 'function', ' the', 'ing', '  '];
const specials = [
  '<s>',
  '</s>',
  '<|im_start|>',
  '<|im_end|>',
  '<|fim_prefix|>',
  '<|fim_suffix|>',
  '<|fim_middle|>',
];
const firstWord = 256;
const firstSpecial = firstWord + words.length;

export const vocabularySize = firstSpecial + specials.length;
export const specialTokens: readonly SpecialToken[] = specials.map((text, i) => ({
  id: firstSpecial + i,
  text,
}));
export const bosToken = specialTokens[0]!;
export const eosToken = specialTokens[1]!;
/** `</s>` and `<|im_end|>`. */
export const endTokens: readonly number[] = [eosToken.id, specialTokens[3]!.id];
export const fillInTokens: FillInTokens = {
  prefix: specialTokens[4]!.id,
  suffix: specialTokens[5]!.id,
  middle: specialTokens[6]!.id,
};

const wordBytes = words.map((word) => Buffer.from(word));
const none = new Uint8Array(0);

/** The bytes of a token; special tokens give none. */
export function pieceOf(token: number): Uint8Array {
  if (token < firstWord) return Uint8Array.of(token);
  return wordBytes[token - firstWord] ?? none;
}

/** Text to tokens: a word where one fits, else single bytes. Lone surrogates become U+FFFD. */
export function encodeText(text: string): Int32Array {
  const bytes = Buffer.from(text);
  const tokens: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const word = wordBytes.findIndex((w) => w.equals(bytes.subarray(at, at + w.length)));
    tokens.push(word < 0 ? bytes[at]! : firstWord + word);
    at += word < 0 ? 1 : wordBytes[word]!.length;
  }
  return Int32Array.from(tokens);
}

/** What follows the bytes of an unfinished character: é, €, 🙂. */
const continuation: Readonly<Record<number, readonly number[]>> = {
  0xc3: [0xa9],
  0xe2: [0x82, 0xac],
  0xf0: [0x9f, 0x99, 0x82],
};
const starts = [...Buffer.from('abcdefghijklmnopqrstuvwxyz    \n.,(){};='), 0xc3, 0xe2, 0xf0];

/**
 * The token that follows a sequence: it finishes a character that was begun, else `hash` chooses.
 * @param endOneIn one hash in so many ends the sequence; 0 for never
 */
export function nextToken(tokens: readonly number[], hash: number, endOneIn: number): number {
  for (let back = 1; back <= 3 && back <= tokens.length; back++) {
    const begun = continuation[tokens[tokens.length - back]!];
    if (begun === undefined) continue;
    const next = begun[back - 1];
    if (next !== undefined) return next;
    break;
  }
  if (endOneIn > 0 && hash % endOneIn === 0) return endTokens[hash % endTokens.length]!;
  const choice = (hash >>> 8) % (starts.length + words.length);
  return starts[choice] ?? firstWord + choice - starts.length;
}
