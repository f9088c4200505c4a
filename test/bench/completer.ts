/** Our completion as an editor drives it: over the websocket, with cancelling and `completion/shown`. */
import type { Timings } from '../../backend/protocol/generation.ts';
import type { TypingBackend } from './typingBackend.ts';
import { positionOf, type Edit, type Source } from './typingTrace.ts';

export interface Suggestion {
  /** Empty for none. */
  readonly text: string;
  readonly withoutDevice: boolean;
  /** Of the generation that it comes from, if this answer waited for one. */
  readonly timings?: Timings | undefined;
}

/** One of the two sides of the typing benchmark. */
export interface Completer {
  open(text: string): Promise<void>;
  /** The document after a key, and what is suggested at the cursor. */
  type(
    before: string,
    edit: Edit,
    after: string,
    cursor: number,
    signal: AbortSignal,
  ): Promise<Suggestion>;
  /** It is on the screen. */
  shown(text: string, cursor: number, suggestion: Suggestion): Promise<void>;
  /** Nothing is under way any more. */
  close(): Promise<void>;
}

export class OurCompleter implements Completer {
  readonly #backend: TypingBackend;
  readonly #textDocument: { readonly uri: string };
  readonly #languageId: string;
  #version = 0;

  constructor(backend: TypingBackend, { file, language }: Source) {
    this.#backend = backend;
    this.#textDocument = { uri: `file:///bench/${file}` };
    this.#languageId = language;
  }

  async open(text: string): Promise<void> {
    await this.#backend.client.notify('textDocument/didOpen', {
      textDocument: { ...this.#textDocument, languageId: this.#languageId, version: 0, text },
    });
  }

  async type(
    before: string,
    edit: Edit,
    after: string,
    cursor: number,
    signal: AbortSignal,
  ): Promise<Suggestion> {
    const { client } = this.#backend;
    const range = {
      start: positionOf(before, edit.offset),
      end: positionOf(before, edit.offset + edit.removed),
    };
    await client.notify('textDocument/didChange', {
      textDocument: { ...this.#textDocument, version: ++this.#version },
      contentChanges: [{ range, text: edit.inserted }],
    });
    const { items, cached, timings } = await client.request(
      'textDocument/inlineCompletion',
      { textDocument: this.#textDocument, position: positionOf(after, cursor) },
      signal,
    );
    return { text: items[0]?.insertText ?? '', withoutDevice: cached, timings };
  }

  async shown(text: string, cursor: number, { text: insertText }: Suggestion): Promise<void> {
    await this.#backend.client.notify('completion/shown', {
      textDocument: this.#textDocument,
      position: positionOf(text, cursor),
      insertText,
    });
  }

  async close(): Promise<void> {
    await this.#backend.client.notify('textDocument/didClose', {
      textDocument: this.#textDocument,
    });
    await this.#backend.idle();
  }
}
