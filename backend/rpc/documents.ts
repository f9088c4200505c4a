/** The open documents of one connection, kept up to date by LSP's incremental changes. */
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { DidChangeParams, DidOpenParams } from '../protocol/documents.ts';
import { PilotError } from '../protocol/errors.ts';
import type { ConnectionLimits } from './limits.ts';

export class Documents {
  readonly #limits: Pick<ConnectionLimits, 'documents' | 'documentUnits'>;
  readonly #open = new Map<string, TextDocument>();

  constructor(limits: Pick<ConnectionLimits, 'documents' | 'documentUnits'>) {
    this.#limits = limits;
  }

  /** False when the document was not taken, as the connection has too much open. */
  open({ textDocument }: DidOpenParams): boolean {
    const { uri, languageId, version, text } = textDocument;
    this.#open.set(uri, TextDocument.create(uri, languageId, version, text));
    return this.#keepIfRoom(uri);
  }

  /** False when the document is not open, or has grown too large and is dropped. */
  change({ textDocument, contentChanges }: DidChangeParams): boolean {
    const { uri, version } = textDocument;
    const document = this.#open.get(uri);
    if (!document) return false;
    const changes = contentChanges.map(({ range, text }) => (range ? { range, text } : { text }));
    this.#open.set(uri, TextDocument.update(document, changes, version));
    return this.#keepIfRoom(uri);
  }

  close(uri: string): void {
    this.#open.delete(uri);
  }

  clear(): void {
    this.#open.clear();
  }

  /** @throws PilotError documentNotOpen */
  get(uri: string): TextDocument {
    const document = this.#open.get(uri);
    if (!document) throw new PilotError('documentNotOpen', { uri });
    return document;
  }

  /** A document without its text would be wrong from the next change on, so it goes as a whole. */
  #keepIfRoom(uri: string): boolean {
    let units = 0;
    for (const document of this.#open.values()) units += document.getText().length;
    if (this.#open.size <= this.#limits.documents && units <= this.#limits.documentUnits)
      return true;
    this.#open.delete(uri);
    return false;
  }
}
