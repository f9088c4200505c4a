/** `textDocument/inlineCompletion`: document and cursor to a prompt, what comes back to an edit. */
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CompletionFate, InlineCompletionResult } from '../protocol/documents.ts';
import { PilotError } from '../protocol/errors.ts';
import type { NotificationOf } from '../protocol/methods.ts';
import { systemClock, type Clock } from '../scheduling/clock.ts';
import type { Engine, ModelHandle } from '../scheduling/engine.ts';
import { buildCompletionPrompt } from './completionPrompt.ts';
import {
  modeOf,
  promptBudget,
  spotOf,
  windowOf,
  type CompletionParams,
  type PromptBudget,
  type Spot,
} from './completionRequest.ts';
import { readCursor, type Cursor } from './cursor.ts';
import { DocumentStates, type DocumentState } from './documentStates.ts';
import type { Asking, SuggestionAnswer, SuggestionRequest } from './documentSuggestions.ts';
import type { Generate } from './flight.ts';
import { takeUnfinishedEnd } from './healing.ts';
import { markersFor } from './markers.ts';
import type { SuggestionContext } from './postProcess.ts';
import { RelatedTokens } from './relatedTokens.ts';
import { shapeAt } from './shape.ts';
import { Warmer } from './warmer.ts';

export interface CompletionOptions {
  /** Tokens of text around the cursor and from elsewhere. */
  readonly promptTokens: number;
  readonly maxTokens: number;
  readonly maxLines: number;
  /** For how long a suggestion of several lines may grow while somebody types, in ms. */
  readonly budgetMs: number;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: { debug(details: object, message: string): void };
}

const DEFAULT_OPTIONS: CompletionOptions = {
  // A cold prompt of this length costs a small model on two cores one to three seconds, once.
  promptTokens: 1024,
  maxTokens: 64,
  maxLines: 12,
  budgetMs: 1_000,
  deadlineMs: 10_000,
  clock: systemClock,
  log: { debug: () => undefined },
};

/** A line and a half: what follows a suggestion that may well be rejected. */
const SPECULATION_TOKENS = 32;
/** Of alternatives to the greedy text: different, but not wild. */
const ALTERNATIVES = { temperature: 0.8, topP: 0.95 } as const;

/** What a prompt is made of besides the texts around the cursor. */
interface PromptSource {
  readonly model: ModelHandle;
  readonly budget: PromptBudget;
  readonly related: Promise<Int32Array>;
  readonly params: Pick<CompletionParams, 'fillInOrder'>;
}

export class CompletionService {
  readonly #documents: DocumentStates;
  readonly #relatedTokens = new RelatedTokens();
  readonly #engine: Engine;
  readonly #options: CompletionOptions;
  readonly #warmer: Warmer;

  constructor(engine: Engine, options: Partial<CompletionOptions> = {}) {
    this.#engine = engine;
    this.#options = { ...DEFAULT_OPTIONS, ...options };
    const { clock, log } = this.#options;
    this.#documents = new DocumentStates(clock);
    this.#warmer = new Warmer({
      clock,
      isBusy: () => engine.counts().waiting > 0,
      onError: (error) => log.debug({ err: error }, 'a prompt was not warmed'),
    });
  }

  /**
   * At most one suggestion, or several when asked for by hand. No items: `fate` says why.
   * @param owner the connection: no other sees what is cached for it
   * @throws PilotError those of `Engine.generate`, but for a deadline
   */
  async complete(
    document: TextDocument,
    params: CompletionParams,
    signal: AbortSignal,
    owner: string,
  ): Promise<InlineCompletionResult> {
    this.#warmer.cancel(owner);
    const model = this.#engine.resolve(params.model, 'completion');
    const mode = modeOf(model);
    const spot = spotOf(document, params);
    const state = this.#documents.of(owner, document.uri);
    const source = this.#sourceOf(model, state, document, params);
    const cursor = readCursor(spot.document, spot.position, windowOf(source.budget));
    const refused = (fate: CompletionFate): InlineCompletionResult => ({
      items: [],
      fate,
      mode,
      model: model.id,
      cached: false,
    });
    const invoked = params.context.triggerKind === 1;
    const shape = shapeAt(cursor, { mode, invoked });
    switch (shape) {
      case 'insideWord':
      case 'codeFollows':
      case 'emptyDocument':
        state.suggestions.close();
        return refused(shape);
      case 'line':
      case 'block':
    }

    const request = this.#requestFor(source, params, {
      cursor,
      shape,
      // Fill-in models are trained on texts that are cut anywhere.
      taken: mode === 'prefix' ? takeUnfinishedEnd(cursor.before, cursor.after).taken : '',
      markers: markersFor(model.metadata, cursor),
      maxLines: params.maxLines ?? this.#options.maxLines,
    });
    try {
      const answer = await state.suggestions.suggest(request, signal);
      const texts = answer.text === '' ? [] : [answer.text];
      const wanted = invoked ? (params.alternatives ?? 1) : 1;
      if (wanted > 1 && !isGivenUp(answer)) {
        const others = await state.suggestions.alternatives(request, wanted, signal);
        texts.push(...others.filter((text) => !texts.includes(text)));
      }
      const items = texts.slice(0, wanted).map((text) => ({ text, ...itemOf(text, spot, cursor) }));
      state.suggestions.gave(
        request,
        items.map(({ text, insertText }) => ({ text, insertText, position: params.position })),
      );
      return {
        items: items.map(({ insertText, range }) => ({ insertText, range })),
        fate: items.length > 0 ? 'suggested' : answer.fate,
        mode,
        model: model.id,
        cached: answer.cached,
        ...(answer.timings ? { timings: answer.timings } : {}),
      };
    } catch (error) {
      const isLate = error instanceof PilotError && error.errorName === 'deadlineExceeded';
      if (isLate) return refused('deadline');
      throw error;
    } finally {
      state.answered();
    }
  }

  /** An item of the last answers is on the screen: what follows it may be computed now. */
  shown(params: NotificationOf<'completion/shown'>, owner: string): void {
    this.#documents.find(owner, params.textDocument.uri)?.suggestions.shown(params);
  }

  /** Compute the prompt's KV when the device has nothing else to do. */
  warm(document: TextDocument, params: NotificationOf<'completion/warm'>, owner: string): void {
    this.#warmer.ask(owner, document.uri, async (signal) => {
      const model = this.#engine.resolve(params.model, 'completion');
      const state = this.#documents.of(owner, document.uri);
      const source = this.#sourceOf(model, state, document, params);
      const cursor = readCursor(document, params.position, windowOf(source.budget));
      const prompt = await this.#promptOf(source, { ...cursor, written: '' });
      if (prompt.length === 0) return;
      await this.#engine.generate(
        { model, class: 'warmup', prompt, maxTokens: 0, sampling: { temperature: 0 }, stop: [] },
        { onText: () => undefined },
        signal,
      );
    });
  }

  /** Forget a connection's suggestions, or those of one of its documents. */
  forget(owner: string, uri?: string): void {
    if (uri === undefined) this.#warmer.forget(owner);
    else this.#warmer.cancel(owner, uri);
    this.#documents.forget(owner, uri);
  }

  #sourceOf(
    model: ModelHandle,
    state: DocumentState,
    { uri, languageId }: TextDocument,
    params: Pick<CompletionParams, 'position' | 'related' | 'fillInOrder'>,
  ): PromptSource {
    const texts = state.relatedFor(params.related, params.position.line);
    const budget = promptBudget(model, this.#options.promptTokens, texts.length > 0);
    const related =
      texts.length === 0
        ? Promise.resolve(new Int32Array())
        : this.#relatedTokens.of(texts, { uri, language: languageId }, model, budget.related);
    // Whoever needs it gets the error; a request that is refused needs it not.
    related.catch(() => undefined);
    return { model, budget, related, params };
  }

  #requestFor(
    source: PromptSource,
    params: CompletionParams,
    context: SuggestionContext,
  ): SuggestionRequest {
    const { model, budget } = source;
    const invoked = params.context.triggerKind === 1;
    const maxTokens = Math.min(params.maxTokens ?? this.#options.maxTokens, budget.answer);
    const deadlineMs = params.deadlineMs ?? this.#options.deadlineMs;
    return {
      context,
      model,
      variant: [maxTokens, context.maxLines, params.fillInOrder].join(' '),
      budgetMs: params.budgetMs ?? (invoked ? undefined : this.#options.budgetMs),
      generate: (where, asking) => this.#generate(source, where, asking, { maxTokens, deadlineMs }),
    };
  }

  #generate(
    source: PromptSource,
    { cursor, shape, taken }: SuggestionContext,
    { urgency, written, seed }: Asking,
    limits: { readonly maxTokens: number; readonly deadlineMs: number },
  ): Generate {
    return async (onText, signal) => {
      const { before, after } = cursor;
      const asked = before.slice(0, before.length - taken.length);
      const prompt = await this.#promptOf(source, { before: asked, after, written });
      const isAhead = urgency === 'ahead';
      return this.#engine.generate(
        {
          model: source.model,
          class: isAhead ? 'warmup' : 'completion',
          prompt,
          maxTokens: isAhead ? Math.min(SPECULATION_TOKENS, limits.maxTokens) : limits.maxTokens,
          sampling: seed === undefined ? { temperature: 0 } : { ...ALTERNATIVES, seed },
          // Where a line end must be written again, the flight finds the line's end itself.
          stop: shape === 'line' && !taken.includes('\n') ? ['\n'] : [],
          deadlineMs: limits.deadlineMs,
        },
        { onText },
        signal,
      );
    };
  }

  async #promptOf(
    { model, budget, related, params }: PromptSource,
    texts: Pick<Cursor, 'before' | 'after'> & { readonly written: string },
  ): Promise<Int32Array> {
    return buildCompletionPrompt(
      model,
      { ...texts, related: await related },
      budget,
      params.fillInOrder,
    );
  }
}

function itemOf(
  text: string,
  { range, selected }: Spot,
  cursor: Cursor,
): InlineCompletionResult['items'][number] {
  const isSelected = selected !== '';
  return {
    insertText: selected + text.replaceAll('\n', cursor.eol),
    range: isSelected ? range : { start: cursor.position, end: cursor.position },
  };
}

function isGivenUp({ fate }: SuggestionAnswer): boolean {
  return fate === 'cancelled' || fate === 'superseded' || fate === 'deadline';
}
