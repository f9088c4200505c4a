/** The suggestions of one document on one connection: cached, on their way, or to be asked for. */
import type { CompletionFate, Position } from '../protocol/documents.ts';
import type { Timings } from '../protocol/generation.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { ModelHandle } from '../scheduling/engine.ts';
import { Flight, type FlightOptions, type FlightResult, type Generate } from './flight.ts';
import type { SuggestionContext } from './postProcess.ts';
import { Speculation, type Given } from './speculation.ts';
import { restAfter, SuggestionCache } from './suggestionCache.ts';
import { typedSince, type Typed } from './typedThrough.ts';

/** How the device is asked. */
export interface Asking {
  /** `ahead` yields to every request that somebody waits for. */
  readonly urgency: 'now' | 'ahead';
  /** What the model has written in the context already. */
  readonly written: string;
  /** Of a sampled text; greedy without. */
  readonly seed?: number;
}

export interface SuggestionRequest {
  readonly context: SuggestionContext;
  readonly model: ModelHandle;
  /** Requests of different variants share no generation: other limits, another order. */
  readonly variant: string;
  readonly budgetMs?: number | undefined;
  generate(context: SuggestionContext, asking: Asking): Generate;
}

export interface SuggestionAnswer {
  /** With LF line ends; empty when there is nothing to suggest. */
  readonly text: string;
  readonly fate: CompletionFate;
  /** Answered without the device. */
  readonly cached: boolean;
  readonly timings?: Timings;
}

/** An item as the client got it, to be known again. */
export interface GivenItem {
  readonly position: Position;
  readonly insertText: string;
}

interface Current {
  readonly flight: Flight;
  readonly model: ModelHandle;
  readonly variant: string;
}

/** Items of the last answers that may be on the screen. */
const MAX_GIVEN = 5;

/**
 * At most one generation runs that somebody waits for. A request whose cursor is that of an earlier
 * one after typing what the model suggests, or is about to, takes the rest of it; any other stops
 * what runs.
 */
export class DocumentSuggestions {
  readonly #cache = new SuggestionCache();
  readonly #clock: Clock;
  readonly #speculation: Speculation;
  #current: Current | undefined;
  #latest: SuggestionRequest | undefined;
  #given: readonly (GivenItem & { readonly request: SuggestionRequest; readonly given: Given })[] =
    [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#speculation = new Speculation(clock);
  }

  /** @throws PilotError those of `Engine.generate` */
  async suggest(request: SuggestionRequest, signal: AbortSignal): Promise<SuggestionAnswer> {
    this.#latest = request;
    this.#speculation.onRequest(request.context.cursor);
    // A flight that parts from what was typed is tried again, unless a later request came.
    for (let first = true; this.#latest === request && !signal.aborted; first = false) {
      const known = this.#cache.find(request.context, request.model.id);
      const mayFollow = known?.text === '' && this.#speculation.reaches(request.context.cursor);
      if (known !== undefined && !mayFollow) {
        this.#stop();
        return { ...known, cached: true };
      }
      if (!first) this.#stop();
      const { flight, typed } = this.#flightFor(request);
      const landing = await flight.join(typed.text, signal);
      switch (landing.kind) {
        case 'landed': {
          const rest = restAfter(landing, typed, request.context);
          if (rest === undefined) break;
          const isLate = landing.ending === 'deadline' && rest.text === '';
          const fate = isLate ? 'deadline' : rest.fate;
          return { text: rest.text, fate, cached: false, timings: landing.timings };
        }
        case 'parted':
          break;
        case 'superseded':
          return nothing('superseded');
        case 'left':
          return nothing('cancelled');
      }
    }
    return nothing(signal.aborted ? 'cancelled' : 'superseded');
  }

  /**
   * Several different suggestions for one place, the greedy one first. They share its prompt's KV.
   * @throws PilotError those of `Engine.generate`
   */
  async alternatives(
    request: SuggestionRequest,
    count: number,
    signal: AbortSignal,
  ): Promise<string[]> {
    const known = (): string[] => this.#cache.findAll(request.context, request.model.id);
    const missing = count - known().length;
    if (missing <= 0) return known().slice(0, count);
    const seeds = Array.from({ length: missing }, (_, index) => index + 1);
    const flights = seeds.map((seed) =>
      this.#launch(request, request.context, { urgency: 'now', written: '', seed }, (result) => {
        this.#cache.addAlternative({ ...entryOf(request), ...result });
      }),
    );
    // What one of them lacks, the others may have: an error is the first suggestion's business.
    await Promise.allSettled(flights.map((flight) => flight.join('', signal)));
    return known().slice(0, count);
  }

  /** What a request was answered with; the first item is the one on the screen most likely. */
  gave(
    request: SuggestionRequest,
    items: readonly (GivenItem & { readonly text: string })[],
  ): void {
    this.#given = [
      ...items.map((item) => ({
        ...item,
        request,
        given: { context: request.context, text: item.text },
      })),
      ...this.#given,
    ].slice(0, MAX_GIVEN);
  }

  /** An item is on the screen: compute what follows it as if it had been accepted. */
  shown({ position, insertText }: GivenItem): void {
    const item = this.#given.find(
      (one) =>
        one.insertText === insertText &&
        one.position.line === position.line &&
        one.position.character === position.character,
    );
    if (item === undefined || this.#current?.flight.over === false) return;
    const { request, given } = item;
    this.#speculation.plan(given, (context) =>
      this.#launch(request, context, { urgency: 'ahead', written: '' }, (result) => {
        this.#cache.add({ ...entryOf({ ...request, context }), ...result });
      }),
    );
  }

  /** Stop what runs. */
  close(): void {
    this.#stop();
    this.#speculation.cancel();
  }

  #stop(): void {
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
    const ahead = this.#speculation.take();
    const behind = ahead && typedSince(ahead.context.cursor, request.context.cursor);
    if (behind && ahead.complete && ahead.agreesWith(behind.text)) {
      return { flight: ahead, typed: behind };
    }
    if (behind && ahead.text?.startsWith(behind.text)) {
      return { flight: this.#start(request, ahead), typed: behind };
    }
    return { flight: this.#start(request), typed: { text: '', closers: '' } };
  }

  /** What was typed since the flight began, if its suggestion can serve this request. */
  #typedDuring({ flight, model, variant }: Current, request: SuggestionRequest): Typed | undefined {
    if (model !== request.model || variant !== request.variant) return undefined;
    const typed = typedSince(flight.context.cursor, request.context.cursor);
    if (!typed || !flight.agreesWith(typed.text)) return undefined;
    const isSamePlace = typed.text === '' && typed.closers === '';
    return isSamePlace && flight.context.shape !== request.context.shape ? undefined : typed;
  }

  #start(request: SuggestionRequest, stopped?: Flight): Flight {
    const context = stopped?.context ?? request.context;
    const written = stopped?.written ?? '';
    const flight = this.#launch(request, context, { urgency: 'now', written }, (result) => {
      this.#cache.add({ ...entryOf({ ...request, context }), ...result });
      if (this.#current?.flight === flight) this.#current = undefined;
    });
    this.#current = { flight, model: request.model, variant: request.variant };
    return flight;
  }

  #launch(
    request: SuggestionRequest,
    context: SuggestionContext,
    asking: Asking,
    onFinished: (result: FlightResult) => void,
  ): Flight {
    const options: FlightOptions = {
      written: asking.written,
      budgetMs: request.budgetMs,
      now: () => this.#clock.now(),
      onFinished,
    };
    return new Flight(context, request.generate(context, asking), options);
  }
}

function entryOf({ context, model }: Pick<SuggestionRequest, 'context' | 'model'>) {
  return { context, model: model.id };
}

function nothing(fate: CompletionFate): SuggestionAnswer {
  return { text: '', fate, cached: false };
}
