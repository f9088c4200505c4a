/** Tokens that are found in text before anything else: `<think>`, runs of white space. */
import type { AddedToken } from './tokenizerFile.ts';

/** Text, or the id of a token found in it. */
export type Section = string | number;

/** Cuts the text at the added tokens: the leftmost, and the longest of those that begin there. */
export function createFinder(
  tokens: readonly AddedToken[],
  textOf: (token: AddedToken) => string,
): (text: string) => Section[] {
  if (tokens.length === 0) return (text) => [text];
  // Of two tokens with one text the later one counts.
  const byText = new Map(tokens.map((token) => [textOf(token), token]));
  const texts = [...byText.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(texts.map(escape).join('|'), 'gu');

  return (text) => {
    const sections: Section[] = [];
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      const token = byText.get(match[0]);
      let from = match.index;
      let to = from + match[0].length;
      if (token === undefined) continue;
      if (token.single_word && isInsideWord(text, from, to)) continue;
      if (token.lstrip) from -= trailingSpace.exec(text.slice(end, from))?.[0].length ?? 0;
      if (token.rstrip) to += leadingSpace.exec(text.slice(to))?.[0].length ?? 0;
      // White space that the token before has swallowed may be the beginning of this one.
      if (from > end) sections.push(text.slice(end, from));
      sections.push(token.id);
      end = to;
    }
    if (end < text.length) sections.push(text.slice(end));
    return sections;
  };
}

const leadingSpace = /^\p{White_Space}+/u;
const trailingSpace = /\p{White_Space}+$/u;
const wordStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]/u;
const wordEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}]$/u;

function isInsideWord(text: string, from: number, to: number): boolean {
  return (
    wordEnd.test(text.slice(Math.max(0, from - 2), from)) || wordStart.test(text.slice(to, to + 2))
  );
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
