/** What completion remembers of the documents of all connections. */
import type { RelatedText } from '../protocol/documents.ts';
import type { Clock } from '../scheduling/clock.ts';
import { DocumentSuggestions } from './documentSuggestions.ts';
import { pinRelated, type RelatedPin } from './relatedPin.ts';

const MAX_DOCUMENTS = 64;

export class DocumentState {
  readonly suggestions: DocumentSuggestions;
  readonly #clock: Clock;
  #pin: RelatedPin | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.suggestions = new DocumentSuggestions(clock);
  }

  /** The texts from elsewhere to use now, see relatedPin.ts. */
  relatedFor(offered: readonly RelatedText[] | undefined, line: number): readonly RelatedText[] {
    this.#pin = pinRelated(this.#pin, offered, { line, now: this.#clock.now() });
    return this.#pin?.texts ?? [];
  }

  /** A request has had its answer: a slow device is no pause in typing. */
  answered(): void {
    this.#pin &&= { ...this.#pin, usedAt: this.#clock.now() };
  }
}

export class DocumentStates {
  /** By connection and URI, least recently used first. */
  readonly #states = new Map<string, DocumentState>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(owner: string, uri: string): DocumentState {
    const key = keyOf(owner, uri);
    const state = this.#states.get(key) ?? new DocumentState(this.#clock);
    this.#states.delete(key);
    this.#states.set(key, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > MAX_DOCUMENTS && oldest !== undefined) {
      this.#states.get(oldest)?.suggestions.close();
      this.#states.delete(oldest);
    }
    return state;
  }

  find(owner: string, uri: string): DocumentState | undefined {
    return this.#states.get(keyOf(owner, uri));
  }

  /** A connection's documents, or one of them. */
  forget(owner: string, uri?: string): void {
    const prefix = keyOf(owner, uri ?? '');
    for (const [key, { suggestions }] of this.#states) {
      if (uri === undefined ? !key.startsWith(prefix) : key !== prefix) continue;
      suggestions.close();
      this.#states.delete(key);
    }
  }
}

function keyOf(owner: string, uri: string): string {
  return `${owner}\n${uri}`;
}
