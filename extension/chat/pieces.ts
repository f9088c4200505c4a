/** Pieces of text that go with a question, and how they share its room. Pure but for the wording. */
import * as vscode from 'vscode';
import { firstLines, shareOut } from './shareOut.ts';

export type Place = vscode.Uri | vscode.Location;

export interface Piece {
  /** For the model; ends with a colon. */
  readonly title: string;
  /** Lines end with `\n`. */
  readonly text: string;
  /** Marks the fence. */
  readonly languageId?: string;
  /** Shown as what the answer is based on. */
  readonly place?: Place;
}

export interface Composed {
  /** One block for each piece; empty when there are none. */
  readonly text: string;
  readonly used: readonly Place[];
  /** Names of what was cut, in the editor's language. */
  readonly cut: readonly string[];
}

/** A Markdown fence longer than any run of backquotes in the text, so that the text can't close it. */
export function fenced(text: string, languageId = ''): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${languageId}\n${text}\n${fence}`;
}

/**
 * @param pieces The first has precedence: it is what the question is about.
 * @param budget Characters for all of them.
 */
export function compose(pieces: readonly Piece[], budget: number): Composed {
  const [subject, ...others] = pieces.map(({ text }) => text.length);
  if (subject === undefined) return { text: '', used: [], cut: [] };
  const shares = [Math.min(subject, budget), ...shareOut(others, budget - subject)];
  const used: Place[] = [];
  const cut: string[] = [];
  let text = '';
  for (const [index, piece] of pieces.entries()) {
    const kept = firstLines(piece.text, shares[index] ?? 0);
    if (kept.length < piece.text.length) {
      cut.push(vscode.l10n.t('the end of {0} (too long)', piece.title.replace(/:$/, '')));
    }
    if (kept === '') continue;
    text += `${piece.title}\n${fenced(kept, piece.languageId)}\n\n`;
    if (piece.place) used.push(piece.place);
  }
  return { text, used, cut };
}
