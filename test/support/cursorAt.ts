/** Documents and cursors from a text with one `‸` where the cursor is. */
import { TextDocument } from 'vscode-languageserver-textdocument';
import { readCursor, type Cursor } from '../../backend/completion/cursor.ts';
import type { Position } from '../../backend/protocol/documents.ts';

export interface MarkedDocument {
  readonly document: TextDocument;
  readonly position: Position;
}

export function documentAt(
  marked: string,
  languageId = 'python',
  uri = 'file:///a',
): MarkedDocument {
  const offset = marked.indexOf('‸');
  const document = TextDocument.create(uri, languageId, 1, marked.replace('‸', ''));
  return { document, position: document.positionAt(offset) };
}

export function cursorAt(marked: string, languageId?: string): Cursor {
  const { document, position } = documentAt(marked, languageId);
  return readCursor(document, position, { before: 3000, after: 1000 });
}
