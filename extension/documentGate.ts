/**
 * Which documents the backend gets to see. The gate stands in the language client's middleware, and
 * the chat and completion providers ask it too.
 */
import type { TextDocument, TextDocumentChangeEvent, Uri } from 'vscode';
import { ExcludeList } from './excludeList.ts';

/** Places that hold documents. Not among them: the chat's input box, output, source control. */
const SCHEMES = ['file', 'untitled', 'vscode-remote', 'vscode-notebook-cell'] as const;

export const documentSelector = SCHEMES.map((scheme) => ({ scheme }));

/**
 * In UTF-16 units. Far more than a prompt can use, and under MAX_MESSAGE_BYTES even when every
 * character is escaped in JSON.
 */
const LONGEST_DOCUMENT = 1024 * 1024;

type Send<T> = (data: T) => Promise<void>;

/** The document as the gate needs it; a real TextDocument has all of it. */
type GatedDocument = Pick<TextDocument, 'uri' | 'getText'>;

export class DocumentGate {
  private list: ExcludeList;
  /** URIs the backend holds. */
  private readonly sent = new Set<string>();
  /** URIs of open documents that are too long for it. */
  private readonly tooLong = new Set<string>();

  constructor(patterns: readonly string[]) {
    this.list = new ExcludeList(patterns);
  }

  /** True when this place may be read and sent at all. */
  admits(uri: Uri): boolean {
    return SCHEMES.some((scheme) => scheme === uri.scheme) && !this.list.excludes(uri.path);
  }

  /** True when the backend holds the document: requests about any other would be refused. */
  isSent(uri: Uri): boolean {
    return this.sent.has(uri.toString());
  }

  /** True for an open document that would not fit into a frame. */
  isTooLong(uri: Uri): boolean {
    return this.tooLong.has(uri.toString());
  }

  /** To be called for each new connection: its backend holds nothing yet. */
  reset(): void {
    this.sent.clear();
    this.tooLong.clear();
  }

  /** Takes new patterns; returns what the backend holds and may no longer. */
  setPatterns<T extends GatedDocument>(
    patterns: readonly string[],
    documents: readonly T[],
  ): { revoked: T[]; granted: T[] } {
    this.list = new ExcludeList(patterns);
    return {
      revoked: documents.filter(({ uri }) => this.isSent(uri) && !this.admits(uri)),
      granted: documents.filter(({ uri }) => !this.isSent(uri) && this.admits(uri)),
    };
  }

  readonly didOpen = async <T extends GatedDocument>(document: T, next: Send<T>): Promise<void> => {
    if (!this.admits(document.uri)) return;
    if (document.getText().length > LONGEST_DOCUMENT) {
      this.tooLong.add(document.uri.toString());
      return;
    }
    this.sent.add(document.uri.toString());
    await next(document);
  };

  readonly didChange = async (
    event: TextDocumentChangeEvent,
    next: Send<TextDocumentChangeEvent>,
  ): Promise<void> => {
    if (this.isSent(event.document.uri)) await next(event);
  };

  readonly didClose = async <T extends GatedDocument>(
    document: T,
    next: Send<T>,
  ): Promise<void> => {
    this.tooLong.delete(document.uri.toString());
    if (this.sent.delete(document.uri.toString())) await next(document);
  };
}
