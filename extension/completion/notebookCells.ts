/** The cells before a notebook's cell: a notebook is one program, but each cell is a document. */
import type { NotebookDocument, TextDocument } from 'vscode';

export interface CellText {
  /** From 1, as people count them. */
  readonly number: number;
  readonly text: string;
}

type Cell = Pick<ReturnType<NotebookDocument['getCells']>[number], 'document'>;

/**
 * Code of the same language, in the notebook's order. Where the budget ends, the first cells go: what
 * was defined last is used first.
 * @param budget characters of all cells together
 */
export function cellsBefore(
  cells: readonly Cell[],
  document: Pick<TextDocument, 'uri' | 'languageId'>,
  budget: number,
): CellText[] {
  const key = document.uri.toString();
  const index = cells.findIndex((cell) => cell.document.uri.toString() === key);
  const chosen: CellText[] = [];
  let left = budget;
  for (let i = index - 1; i >= 0; i--) {
    const cell = cells[i]?.document;
    if (cell?.languageId !== document.languageId) continue;
    const text = cell.getText().replace(/\r\n?/g, '\n').trimEnd();
    if (text === '') continue;
    if (text.length > left) break;
    left -= text.length;
    chosen.unshift({ number: i + 1, text });
  }
  return chosen;
}
