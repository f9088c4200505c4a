/** What a slash command is about: the selection, else the symbol at the cursor, else what is seen. */
import * as vscode from 'vscode';
import { enclosingSymbol, outlineOf, type OutlineSymbol } from './symbols.ts';

export interface Subject {
  readonly document: vscode.TextDocument;
  readonly kind: 'selection' | 'symbol' | 'visible';
  /** Whole lines, the last without its end. */
  readonly range: vscode.Range;
  /** The text of these lines, which end with `\n`. */
  readonly text: string;
  readonly symbol?: string;
}

/** A language extension that is still loading must not hold the question up for longer. */
const SYMBOLS_LIMIT_MS = 5000;

export type ReadSymbols = (uri: vscode.Uri) => Promise<readonly OutlineSymbol[]>;

async function symbolsOf(uri: vscode.Uri): Promise<readonly OutlineSymbol[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), SYMBOLS_LIMIT_MS);
  });
  try {
    const asked = vscode.commands.executeCommand('vscode.executeDocumentSymbolProvider', uri);
    return outlineOf(await Promise.race([asked, limit]));
  } catch {
    // Its failure is the language extension's to tell.
    return [];
  } finally {
    clearTimeout(timer);
  }
}

function wholeLines(document: vscode.TextDocument, start: number, end: number): vscode.Range {
  const last = Math.min(end, document.lineCount - 1);
  return new vscode.Range(start, 0, last, document.lineAt(last).text.length);
}

function about(
  document: vscode.TextDocument,
  kind: Subject['kind'],
  range: vscode.Range,
  symbol?: string,
): Subject {
  // A selection of whole lines ends at the start of the next one, which is not meant.
  const isOver = range.end.character === 0 && range.end.line > range.start.line;
  const lines = wholeLines(document, range.start.line, range.end.line - (isOver ? 1 : 0));
  const text = document.getText(lines).replaceAll('\r\n', '\n');
  return { document, kind, range: lines, text, ...(symbol === undefined ? {} : { symbol }) };
}

/** The lines of a given place, such as an attached selection. */
export function wholeSubject(document: vscode.TextDocument, range: vscode.Range): Subject {
  return about(document, 'selection', document.validateRange(range));
}

/** The editor as this file needs it; a real TextEditor has all of it. */
export type SubjectEditor = Pick<vscode.TextEditor, 'document' | 'selection' | 'visibleRanges'>;

/**
 * @param trouble A line with an error: without a selection and with no error where the cursor is,
 * the symbol there is what a fix is about.
 */
export async function subjectOf(
  { document, selection, visibleRanges }: SubjectEditor,
  trouble?: (candidate: vscode.Range | undefined) => number | undefined,
  readSymbols: ReadSymbols = symbolsOf,
): Promise<Subject> {
  if (!selection.isEmpty) return about(document, 'selection', selection);
  const symbols = await readSymbols(document.uri);
  const atCursor = enclosingSymbol(symbols, selection.active.line);
  const line = trouble?.(atCursor && rangeOf(atCursor));
  const symbol = line === undefined ? atCursor : enclosingSymbol(symbols, line);
  if (symbol) return about(document, 'symbol', rangeOf(symbol), symbol.name);
  const [seen] = visibleRanges;
  const whole = new vscode.Range(0, 0, document.lineCount - 1, 0);
  return about(document, 'visible', wholeLinesOf(seen ?? whole));
}

/** To the end of its last line, wherever that is. */
function rangeOf({ firstLine, lastLine }: OutlineSymbol): vscode.Range {
  return new vscode.Range(firstLine, 0, lastLine + 1, 0);
}

/** A visible range ends inside of its last line, which counts. */
function wholeLinesOf({ start, end }: vscode.Range): vscode.Range {
  return new vscode.Range(start.line, 0, end.line + 1, 0);
}
