/** The suggestions of one document on one connection: cached, on their way, or to be asked for. */
import type { Timings } from '../protocol/generation.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import { Flight, type Generate } from './flight.ts';
import type { SuggestionContext } from './postProcess.ts';
import { restAfter, SuggestionCache } from './suggestionCache.ts';
import { typedSince, type Typed } from './typedThrough.ts';

export interface SuggestionRequest {
  readonly context: SuggestionContext;
  readonly model: ModelHandle;
  readonly maxTokens: number;
  /** Ask the device, in a context and after what it has written there already. */
  generate(context: SuggestionContext, written: string): Generate;
}

export interface SuggestionAnswer {
  /** With LF line ends; empty when there is nothing to suggest. */
  readonly text: string;
  /** Answered without the device. */
  readonly cached: boolean;
  readonly timings?: Timings;
}

const NOTHING: SuggestionAnswer = { text: '', cached: false };

interface Current {
  readonly flight: Flight;
  readonly model: ModelHandle;
  readonly maxTokens: number;
}

/**
 * At most one generation runs. A request whose cursor is that of an earlier one after typing what
 * the model suggests, or is about to, takes the rest of it; any other stops what runs.
 */
export class DocumentSuggestions {
  readonly #cache = new SuggestionCache();
  #current: Current | undefined;
  #latest: SuggestionRequest | undefined;

  /** @throws PilotError those of `Engine.generate` */
  async suggest(request: SuggestionRequest, signal: AbortSignal): Promise<SuggestionAnswer> {
    this.#latest = request;
    // A flight that parts from what was typed is tried again, unless a later request came.
    for (let first = true; this.#latest === request && !signal.aborted; first = false) {
      const known = this.#cache.find(request.context, request.model.id);
      if (known !== undefined) {
        this.close();
        return { text: known, cached: true };
      }
      if (!first) this.close();
      const { flight, typed } = this.#flightFor(request);
      const landing = await flight.join(typed.text, signal);
      switch (landing.kind) {
        case 'landed': {
          const text = restAfter(landing.text, typed, request.context.cursor);
          if (text !== undefined) return { text, cached: false, timings: landing.timings };
          break;
        }
        case 'parted':
          break;
        case 'superseded':
        case 'left':
          return NOTHING;
      }
    }
    return NOTHING;
  }

  /** Stop what runs. */
  close(): void {
    this.#current?.flight.supersede();
    this.#current = undefined;
  }

  #flightFor(request: SuggestionRequest): { flight: Flight; typed: Typed } {
    const current = this.#current;
    const typed = current && this.#typedDuring(current, request);
    if (typed && !current.flight.over) return { flight: current.flight, typed };
    current?.flight.supersede();
    // The client may have cancelled a request because of a key that agrees with its suggestion:
    // go on where that one was stopped, on KV that is still in its slot.
    if (typed && current.flight.text?.startsWith(typed.text)) {
      return { flight: this.#start(request, current.flight), typed };
    }
    return { flight: this.#start(request), typed: { text: '', closers: '' } };
  }

  /** What was typed since the flight began, if its suggestion can serve this request. */
  #typedDuring(
    { flight, model, maxTokens }: Current,
    request: SuggestionRequest,
  ): Typed | undefined {
    if (model !== request.model || maxTokens !== request.maxTokens) return undefined;
    const typed = typedSince(flight.context.cursor, request.context.cursor);
    if (!typed || !flight.agreesWith(typed.text)) return undefined;
    const isSamePlace = typed.text === '' && typed.closers === '';
    return isSamePlace && flight.context.shape !== request.context.shape ? undefined : typed;
  }

  #start(request: SuggestionRequest, stopped?: Flight): Flight {
    const context = stopped?.context ?? request.context;
    const written = stopped?.written ?? '';
    const flight = new Flight(
      context,
      request.generate(context, written),
      (text) => {
        this.#cache.add({ context, model: request.model.id, text });
        if (this.#current?.flight === flight) this.#current = undefined;
      },
      written,
    );
    this.#current = { flight, model: request.model, maxTokens: request.maxTokens };
    return flight;
  }
}
