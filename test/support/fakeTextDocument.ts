/** A document of the editor, whole enough for code that reads lines and ranges. */
import type * as vscode from 'vscode';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { EndOfLine, Range, Uri } from './fakeVscode.ts';

export function fakeTextDocument(
  path: string,
  languageId: string,
  text: string,
): vscode.TextDocument {
  const uri = Uri.parse(path.includes(':') ? path : `file://${path}`);
  const inner = TextDocument.create(uri.toString(), languageId, 1, text);
  const lines = text.split(/\r\n|\n/);
  const document = {
    uri,
    languageId,
    version: 1,
    eol: text.includes('\r\n') ? EndOfLine.CRLF : EndOfLine.LF,
    lineCount: lines.length,
    lineAt: (line: number) => ({ text: lines[line] ?? '' }),
    getText: (range?: vscode.Range) => inner.getText(range),
    offsetAt: (position: vscode.Position) => inner.offsetAt(position),
    validateRange: ({ start, end }: vscode.Range) => {
      const last = Math.min(end.line, lines.length - 1);
      const character = end.line > last ? (lines[last]?.length ?? 0) : end.character;
      return new Range(start.line, start.character, last, character);
    },
  };
  return document as unknown as vscode.TextDocument;
}

/** An editor on it, with the cursor at the start of a line or a selection of lines. */
export function fakeTextEditor(
  document: vscode.TextDocument,
  line: number,
  selectedTo = line,
): vscode.TextEditor {
  const range = new Range(line, 0, selectedTo, selectedTo === line ? 0 : 1);
  const selection = Object.assign(range, { isEmpty: selectedTo === line, active: range.end });
  const visibleRanges = [new Range(0, 0, Math.min(9, document.lineCount - 1), 0)];
  return { document, selection, visibleRanges } as unknown as vscode.TextEditor;
}
