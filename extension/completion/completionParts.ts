/** What the completion provider works with, each part replaceable by a test's own. */
import type { BackendConnection } from '../backendConnection.ts';
import type { DocumentGate } from '../documentGate.ts';
import { CompletionContext } from './completionContext.ts';
import { CompletionHistory } from './history.ts';
import { CompletionPause } from './pause.ts';
import { CompletionRules } from './rules.ts';
import { SuggestionTracker, type TrackerSinks } from './suggestionTracker.ts';

export interface CompletionParts {
  readonly rules: CompletionRules;
  readonly pause: CompletionPause;
  readonly history: CompletionHistory;
  readonly tracker: SuggestionTracker;
  readonly context: CompletionContext;
  /** Counts what happens; told of every answer. */
  readonly sinks: TrackerSinks;
}

const nobody: TrackerSinks = { add: () => undefined, watch: () => undefined };

export function completionParts(
  backend: Pick<BackendConnection, 'session' | 'status'>,
  gate: DocumentGate,
  sinks: TrackerSinks = nobody,
): CompletionParts {
  const pause = new CompletionPause();
  return {
    pause,
    sinks,
    rules: new CompletionRules(backend, gate, pause),
    history: new CompletionHistory(),
    tracker: new SuggestionTracker(sinks),
    context: new CompletionContext((uri) => gate.admits(uri)),
  };
}
