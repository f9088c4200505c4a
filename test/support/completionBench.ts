/** A completion service over an engine whose answers the test writes, with time in its hands. */
import {
  CompletionService,
  type CompletionOptions,
} from '../../backend/completion/completionService.ts';
import {
  CompletionWarmParams,
  InlineCompletionParams,
  type InlineCompletionResult,
} from '../../backend/protocol/documents.ts';
import { documentAt } from './cursorAt.ts';
import { FakeEngine, fakeModel } from './fakeEngine.ts';
import { ManualClock } from './manualClock.ts';

const never = new AbortController().signal;

export interface Ask extends Partial<InlineCompletionParams> {
  readonly owner?: string;
  readonly signal?: AbortSignal;
  readonly language?: string;
  readonly uri?: string;
}

export class CompletionBench {
  readonly clock = new ManualClock();
  readonly engine: FakeEngine;
  readonly service: CompletionService;
  readonly logged: object[] = [];

  constructor(model = fakeModel(), options: Partial<CompletionOptions> = {}) {
    this.engine = new FakeEngine(model);
    this.service = new CompletionService(this.engine, {
      clock: this.clock,
      log: { debug: (details) => this.logged.push(details) },
      ...options,
    });
  }

  /** Ask at the `‸` of a document. */
  ask(marked: string, { owner = 'one', signal = never, ...rest }: Ask = {}) {
    const { language, uri, ...changes } = rest;
    const { document, position } = documentAt(marked, language, uri);
    const params = InlineCompletionParams.parse({
      textDocument: { uri: document.uri },
      position,
      ...changes,
    });
    return this.service.complete(document, params, signal, owner);
  }

  /** Ask, and let the model write. */
  async answer(marked: string, written: string, ask: Ask = {}): Promise<InlineCompletionResult> {
    const result = this.ask(marked, ask);
    (await this.engine.nextCall()).write(written).finish();
    return result;
  }

  /** Lets what has been written arrive. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** The first item is on the screen. */
  shown({ items }: InlineCompletionResult, uri = 'file:///a'): void {
    const [item] = items;
    if (item === undefined) throw new Error('There is nothing to show.');
    const { insertText, range } = item;
    this.service.shown({ textDocument: { uri }, position: range.end, insertText }, 'one');
  }

  warm(marked: string, changes: Partial<CompletionWarmParams> = {}, owner = 'one'): void {
    const { document, position } = documentAt(marked);
    const params = { textDocument: { uri: document.uri }, position, ...changes };
    this.service.warm(document, CompletionWarmParams.parse(params), owner);
  }
}

export function textsOf({ items }: InlineCompletionResult): string[] {
  return items.map(({ insertText }) => insertText);
}
