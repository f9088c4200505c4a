/**
 * Special tokens stand for structure. Those of a chat template must become ids; the same characters
 * in what a person wrote must stay text, or a pasted log could end the turn or speak as the system.
 *
 * So a noncharacter is put inside every special token's text that occurs in a person's text. After
 * rendering, only the template's own special tokens still match; the noncharacter is removed again
 * and the text is encoded as if nothing had happened.
 */
import type { ModelMetadata, SpecialToken } from '../devices/device.ts';

/** Unicode keeps U+FDD0 for a program's internal use: it is never part of interchanged text. */
const BARRIER = '\uFDD0';

/** Text, or the id of a special token: what `ModelHandle.encode` takes. */
export type PromptPiece = string | number;

export interface SpecialTokens {
  /** Make a person's text safe to put through a template. */
  protect(text: string): string;
  /** Template output to pieces, longest token first, with the barriers gone. */
  split(rendered: string): PromptPiece[];
  /** The text of a special token. */
  textOf(id: number): string | undefined;
}

export function createSpecialTokens(metadata: ModelMetadata): SpecialTokens {
  const idOf = new Map<string, number>();
  const textOf = new Map<number, string>();
  for (const { id, text } of allSpecialTokens(metadata)) {
    textOf.set(id, text);
    // A single character has no inside for a barrier. White space is no structure: tokenizers have
    // tokens for it that count as special, and find them in text themselves.
    if (text.trim().length > 1 && !idOf.has(text)) idOf.set(text, id);
  }
  const texts = [...idOf.keys()].sort((a, b) => b.length - a.length);
  // An empty alternation would match everywhere.
  const alternatives = texts.length > 0 ? texts.map(escapePattern).join('|') : '(?!)';
  const token = new RegExp(alternatives, 'gu');
  const firstCharacter = new RegExp(`(?=${alternatives}).`, 'gsu');

  return {
    protect(text) {
      const clean = text.replaceAll(BARRIER, '');
      const inside = clean.replace(firstCharacter, `$&${BARRIER}`);
      // The template's text may continue what begins or ends here: "<" and then "|im_end|>".
      const before = texts.some((special) => startsWithTail(clean, special)) ? BARRIER : '';
      const after = texts.some((special) => endsWithHead(clean, special)) ? BARRIER : '';
      return before + inside + after;
    },
    split(rendered) {
      const pieces: PromptPiece[] = [];
      const addText = (text: string): void => {
        const plain = text.replaceAll(BARRIER, '');
        if (plain !== '') pieces.push(plain);
      };
      let end = 0;
      for (const match of rendered.matchAll(token)) {
        addText(rendered.slice(end, match.index));
        const id = idOf.get(match[0]);
        if (id !== undefined) pieces.push(id);
        end = match.index + match[0].length;
      }
      addText(rendered.slice(end));
      return pieces;
    },
    textOf: (id) => textOf.get(id),
  };
}

/**
 * Is it surely no part of an ordinary text? `<|im_end|>`, `<end_of_turn>`, `[INST]` are markers; some
 * vocabularies count `<s>`, `<think>`, `<h1>` and runs of line ends as special, too.
 */
export function isMarker(text: string): boolean {
  return /^(?:<[|｜].+[|｜]>|<\/?\w*_\w+>|\[\/?[A-Z_]+\])$/u.test(text);
}

function allSpecialTokens(metadata: ModelMetadata): SpecialToken[] {
  const { specialTokens, bosToken, eosToken } = metadata;
  return [...specialTokens, ...(bosToken ? [bosToken] : []), ...(eosToken ? [eosToken] : [])];
}

function startsWithTail(text: string, special: string): boolean {
  for (let cut = 1; cut < special.length; cut++) {
    if (text.startsWith(special.slice(cut))) return true;
  }
  return false;
}

function endsWithHead(text: string, special: string): boolean {
  for (let cut = 1; cut < special.length; cut++) {
    if (text.endsWith(special.slice(0, cut))) return true;
  }
  return false;
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
