/** `textDocument/inlineCompletion`: document and cursor to a prompt, what comes back to an edit. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CompletionMode, InlineCompletionResult } from '../protocol/documents.ts';
import type { ParsedParamsOf } from '../protocol/methods.ts';
import type { Engine, ModelHandle } from '../scheduling/engine.ts';
import { buildCompletionPrompt, type FillInOrder } from './completionPrompt.ts';
import { readCursor } from './cursor.ts';
import { DocumentSuggestions, type SuggestionRequest } from './documentSuggestions.ts';
import type { Generate } from './flight.ts';
import { takeUnfinishedEnd } from './healing.ts';
import { markersFor } from './markers.ts';
import type { SuggestionContext } from './postProcess.ts';
import { shapeAt } from './shape.ts';

type CompletionParams = ParsedParamsOf<'textDocument/inlineCompletion'>;

export interface CompletionOptions {
  /** Tokens of text around the cursor; three quarters of them before it. */
  readonly promptTokens: number;
  readonly fillInOrder: FillInOrder;
  readonly maxTokens: number;
  readonly deadlineMs: number;
}

const DEFAULT_OPTIONS: CompletionOptions = {
  // A cold prompt of this length costs a small model on two cores one to three seconds, once.
  promptTokens: 1024,
  fillInOrder: 'suffix-prefix-middle',
  maxTokens: 64,
  deadlineMs: 10_000,
};

/** Code has about three characters in a token; what has fewer is cut again when it is tokens. */
const CHARACTERS_PER_TOKEN = 3;
const MAX_DOCUMENTS = 64;

export class CompletionService {
  /** By connection and URI, least recently used first. */
  readonly #documents = new Map<string, DocumentSuggestions>();
  readonly #engine: Engine;
  readonly #options: CompletionOptions;

  constructor(engine: Engine, options: Partial<CompletionOptions> = {}) {
    this.#engine = engine;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
  }

  /**
   * At most one suggestion, to be inserted at the cursor. Nothing suggested, superseded by a later
   * request for the document, or cancelled: no items.
   * @param owner the connection: no other sees what is cached for it
   * @throws PilotError those of `Engine.generate`
   */
  async complete(
    document: TextDocument,
    params: CompletionParams,
    signal: AbortSignal,
    owner: string,
  ): Promise<InlineCompletionResult> {
    const model = this.#engine.resolve(params.model, 'completion');
    const mode: CompletionMode = model.metadata.fillIn ? 'fill-in' : 'prefix';
    const budget = this.#tokenBudget(model);
    const cursor = readCursor(document, params.position, {
      before: budget.before * CHARACTERS_PER_TOKEN,
      after: budget.after * CHARACTERS_PER_TOKEN,
    });
    const shape = shapeAt(cursor, { mode, invoked: params.context.triggerKind === 1 });
    if (shape === 'none') return { items: [], mode, model: model.id, cached: false };

    // Fill-in models are trained on texts that are cut anywhere.
    const taken = mode === 'prefix' ? takeUnfinishedEnd(cursor.before, cursor.after).taken : '';
    const request: SuggestionRequest = {
      context: { cursor, shape, taken, markers: markersFor(model.metadata, cursor) },
      model,
      maxTokens: Math.min(params.maxTokens ?? this.#options.maxTokens, budget.answer),
      generate: (context, written) => this.#generate(request, context, written, params.deadlineMs),
    };
    const documents = this.#suggestionsOf(owner, document.uri);
    const { text, cached, timings } = await documents.suggest(request, signal);
    const range = { start: cursor.position, end: cursor.position };
    return {
      items: text === '' ? [] : [{ insertText: text.replaceAll('\n', cursor.eol), range }],
      mode,
      model: model.id,
      cached,
      ...(timings ? { timings } : {}),
    };
  }

  /** Forget a connection's suggestions, or those of one of its documents. */
  forget(owner: string, uri?: string): void {
    const prefix = keyOf(owner, uri ?? '');
    for (const [key, suggestions] of this.#documents) {
      if (uri === undefined ? !key.startsWith(prefix) : key !== prefix) continue;
      suggestions.close();
      this.#documents.delete(key);
    }
  }

  #generate(
    { model, maxTokens }: SuggestionRequest,
    context: SuggestionContext,
    written: string,
    deadlineMs = this.#options.deadlineMs,
  ): Generate {
    return async (onText, signal) => {
      const { before, after } = context.cursor;
      const prompt = await buildCompletionPrompt(
        model,
        { before: before.slice(0, before.length - context.taken.length), after },
        written,
        this.#tokenBudget(model),
        this.#options.fillInOrder,
      );
      return this.#engine.generate(
        {
          model,
          class: 'completion',
          prompt,
          maxTokens,
          sampling: { temperature: 0 },
          // Where a line end must be written again, the flight finds the line's end itself.
          stop: context.shape === 'line' && !context.taken.includes('\n') ? ['\n'] : [],
          deadlineMs,
        },
        { onText },
        signal,
      );
    };
  }

  #tokenBudget(model: ModelHandle): { before: number; after: number; answer: number } {
    // The rest is for BOS, the fill-in tokens and what an earlier flight has written.
    const prompt = Math.min(this.#options.promptTokens, Math.floor(model.contextLength / 2));
    const before = Math.floor((prompt * 3) / 4);
    return { before, after: prompt - before, answer: Math.floor(model.contextLength / 4) };
  }

  #suggestionsOf(owner: string, uri: string): DocumentSuggestions {
    const key = keyOf(owner, uri);
    const suggestions = this.#documents.get(key) ?? new DocumentSuggestions();
    this.#documents.delete(key);
    this.#documents.set(key, suggestions);
    const [oldest] = this.#documents.keys();
    if (this.#documents.size > MAX_DOCUMENTS && oldest !== undefined) {
      this.#documents.get(oldest)?.close();
      this.#documents.delete(oldest);
    }
    return suggestions;
  }
}

function keyOf(owner: string, uri: string): string {
  return `${owner}\n${uri}`;
}
