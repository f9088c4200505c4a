/** The last suggestions for one document, found again also when their beginning has been typed. */
import type { CompletionFate } from '../protocol/documents.ts';
import { linePrefix, lineSuffix, type Cursor } from './cursor.ts';
import type { FlightEnding } from './flight.ts';
import type { MadeSuggestion, SuggestionContext } from './postProcess.ts';
import { withoutSuffix } from './suffixOverlap.ts';
import { typedSince, type Typed } from './typedThrough.ts';

const MAX_ENTRIES = 32;

export interface Suggestion {
  readonly context: Pick<SuggestionContext, 'cursor' | 'shape'>;
  /** Id of the model that wrote it. */
  readonly model: string;
  readonly made: MadeSuggestion;
  readonly ending: FlightEnding;
}

/** What is left of a suggestion; empty when the model has nothing to say there. */
export interface Rest {
  readonly text: string;
  readonly fate: CompletionFate;
}

export class SuggestionCache {
  /** Most wanted last. */
  readonly #entries: Suggestion[] = [];

  add(suggestion: Suggestion): void {
    this.#entries.push(suggestion);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  /** One that is found only where no other fits. */
  addAlternative(suggestion: Suggestion): void {
    this.#entries.splice(Math.max(0, this.#entries.length - 1), 0, suggestion);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.shift();
  }

  /** What is left to insert at that cursor; undefined when the model has to be asked. */
  find(wanted: Suggestion['context'], model: string): Rest | undefined {
    const rests = this.#rests(wanted, model);
    // That nothing follows is said only where no suggestion knows what does.
    return rests.find(({ text }) => text !== '') ?? rests[0];
  }

  /** All the different texts known for that cursor, the most wanted first. */
  findAll(wanted: Suggestion['context'], model: string): string[] {
    const texts = this.#rests(wanted, model).map(({ text }) => text);
    return [...new Set(texts)].filter((text) => text !== '');
  }

  #rests(wanted: Suggestion['context'], model: string): Rest[] {
    return this.#entries.toReversed().flatMap((entry) => {
      if (entry.model !== model) return [];
      const typed = typedSince(entry.context.cursor, wanted.cursor);
      if (!typed) return [];
      const { shape } = entry.context;
      const isSamePlace = typed.text === '' && typed.closers === '';
      if (isSamePlace && shape !== wanted.shape && shape !== 'next') return [];
      const rest = restAfter(entry, typed, wanted);
      return rest === undefined ? [] : [rest];
    });
  }
}

/** The suggestion without what was typed of it; undefined when it does not tell what follows. */
export function restAfter(
  { made, ending }: Pick<Suggestion, 'made' | 'ending'>,
  typed: Typed,
  { cursor, shape }: Suggestion['context'],
): Rest | undefined {
  if (typed.text === '' && typed.closers === '') return made;
  if (!made.text.startsWith(typed.text)) return undefined;
  const rest = restOfText(made.text, typed, cursor);
  if (rest.trim() !== '') return { text: rest, fate: 'suggested' };
  // All of it is typed, and the model has ended it there: nothing more follows on this line.
  const isEnd = ending === 'itself' && shape === 'line' && lineSuffix(cursor).trim() === '';
  return isEnd && made.text !== '' ? { text: '', fate: 'nothing' } : undefined;
}

function restOfText(text: string, typed: Typed, cursor: Cursor): string {
  return withoutSuffix(text.slice(typed.text.length), cursor, linePrefix(cursor));
}
