/** What became of a request for a suggestion, also where the backend was never asked. */
import type { CompletionFate } from '../../backend/protocol/documents.ts';

/** Why the extension did not ask. */
export type Refusal =
  /** Switched off by `inlineCompletion.enable`, as a whole or for the language. */
  | 'off'
  /** The language is on the list `inlineCompletion.disabledLanguages`. */
  | 'languageOff'
  | 'paused'
  /** A place that is never sent: on the exclude list, or of a kind that holds no documents. */
  | 'excluded'
  | 'tooLarge'
  | 'noBackend'
  | 'noModel';

export type Fate =
  | Refusal
  | CompletionFate
  /** The backend answered with an error, whose sentence is kept beside this. */
  | 'failed';

export interface Situation {
  readonly enabled: boolean;
  readonly languageEnabled: boolean;
  readonly paused: boolean;
  readonly admitted: boolean;
  readonly tooLarge: boolean;
  /** There is an open session, and the backend holds the document. */
  readonly connected: boolean;
  readonly hasModel: boolean;
}

/** The reason not to ask: what a person decided comes first, then the file, then the backend. */
export function refusalOf(situation: Situation): Refusal | undefined {
  if (!situation.enabled) return 'off';
  if (!situation.languageEnabled) return 'languageOff';
  if (situation.paused) return 'paused';
  if (!situation.admitted) return 'excluded';
  if (situation.tooLarge) return 'tooLarge';
  if (!situation.connected) return 'noBackend';
  if (!situation.hasModel) return 'noModel';
  return undefined;
}

/** Fates that come in rows while somebody types: the report shows them once, with their number. */
export function comesInRows(fate: Fate): boolean {
  switch (fate) {
    case 'off':
    case 'languageOff':
    case 'paused':
    case 'excluded':
    case 'tooLarge':
    case 'noBackend':
    case 'noModel':
    case 'superseded':
    case 'cancelled':
    case 'insideWord':
    case 'codeFollows':
    case 'emptyDocument':
      return true;
    case 'suggested':
    case 'deadline':
    case 'nothing':
    case 'repetition':
    case 'misfit':
    case 'failed':
      return false;
    default:
      return fate satisfies never;
  }
}
