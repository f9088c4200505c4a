/** An engine whose answers the test writes, token by token. One token is one UTF-16 unit of text. */
import type { ModelMetadata } from '../../backend/devices/device.ts';
import type { DeviceInfo } from '../../backend/protocol/devices.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import type { FinishReason } from '../../backend/protocol/generation.ts';
import type {
  Engine,
  GenerationListener,
  GenerationOutcome,
  GenerationRequest,
  ModelHandle,
} from '../../backend/scheduling/engine.ts';

/** Ids of special tokens lie above every UTF-16 unit. */
export const special = { bos: 70_000, start: 70_001, end: 70_002 } as const;
export const fillIn = { prefix: 70_010, suffix: 70_011, middle: 70_012 } as const;

export const chatMlTemplate =
  "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + " +
  "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export function fakeMetadata(changes: Partial<ModelMetadata> = {}): ModelMetadata {
  return {
    architecture: 'fake',
    name: 'Fake',
    vocabularySize: 80_000,
    trainedContextLength: 4096,
    chatTemplate: chatMlTemplate,
    bosToken: { id: special.bos, text: '<s>' },
    addBos: false,
    endTokens: [special.end],
    specialTokens: [
      { id: special.bos, text: '<s>' },
      { id: special.start, text: '<|im_start|>' },
      { id: special.end, text: '<|im_end|>' },
    ],
    ...changes,
  };
}

/** The metadata of a model that lacks something. */
export function omit<K extends 'chatTemplate' | 'bosToken'>(
  metadata: ModelMetadata,
  key: K,
): Omit<ModelMetadata, K> {
  const rest = { ...metadata };
  Reflect.deleteProperty(rest, key);
  return rest;
}

export function fakeModel(changes: Partial<ModelMetadata> = {}, contextLength = 4096): ModelHandle {
  return {
    id: 'fake',
    aliases: ['default'],
    metadata: fakeMetadata(changes),
    slots: 2,
    contextLength,
    encode: (pieces) =>
      Promise.resolve(
        Int32Array.from(
          pieces.flatMap((piece) =>
            typeof piece === 'number' ? [piece] : piece.split('').map((unit) => unit.charCodeAt(0)),
          ),
        ),
      ),
  };
}

/** Tokens as text again, special ones as their ids in brackets: `[70001]user`. */
export function decodeFake(tokens: Int32Array): string {
  return [...tokens]
    .map((token) => (token >= 70_000 ? `[${token}]` : String.fromCharCode(token)))
    .join('');
}

/** One call of `generate`, which lasts until the test or the signal ends it. */
export class FakeCall {
  readonly outcome: Promise<GenerationOutcome>;
  #text = '';
  #resolve!: (outcome: GenerationOutcome) => void;
  #reject!: (error: unknown) => void;

  constructor(
    readonly request: GenerationRequest,
    readonly listener: GenerationListener,
    readonly signal: AbortSignal,
  ) {
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal.aborted) this.finish('cancelled');
    signal.addEventListener('abort', () => this.finish('cancelled'));
  }

  get prompt(): string {
    return decodeFake(this.request.prompt);
  }

  /** Gives text out in the pieces given. */
  write(...pieces: string[]): this {
    for (const piece of pieces) {
      if (this.signal.aborted) return this;
      this.#text += piece;
      this.listener.onText(piece);
    }
    return this;
  }

  finish(finishReason: FinishReason = 'stop'): void {
    const timings = {
      queueMs: 0,
      totalMs: 1,
      promptTokens: this.request.prompt.length,
      cachedTokens: 0,
      generatedTokens: this.#text.length,
    };
    const tokens = this.#text.split('').map((unit) => unit.charCodeAt(0));
    this.#resolve({ tokens, text: this.#text, finishReason, timings });
  }

  fail(error: Error): void {
    this.#reject(error);
  }
}

export class FakeEngine implements Engine {
  readonly calls: FakeCall[] = [];
  readonly #arrivals: ((call: FakeCall) => void)[] = [];
  #taken = 0;

  constructor(private readonly model: ModelHandle = fakeModel()) {}

  /** The next call that no `nextCall` has returned yet. */
  nextCall(): Promise<FakeCall> {
    const call = this.calls[this.#taken++];
    return call ? Promise.resolve(call) : new Promise((resolve) => this.#arrivals.push(resolve));
  }

  models(): readonly ModelHandle[] {
    return [this.model];
  }

  resolve(name: string | undefined): ModelHandle {
    if (name === undefined || name === this.model.id) return this.model;
    throw new PilotError('modelNotFound', { model: name });
  }

  generate(
    request: GenerationRequest,
    listener: GenerationListener,
    signal: AbortSignal,
  ): Promise<GenerationOutcome> {
    const call = new FakeCall(request, listener, signal);
    this.calls.push(call);
    this.#arrivals.shift()?.(call);
    return call.outcome;
  }

  load(): Promise<void> {
    return Promise.resolve();
  }

  devices(): Promise<DeviceInfo[]> {
    return Promise.resolve([]);
  }

  counts(): { running: number; waiting: number } {
    return { running: 0, waiting: 0 };
  }

  drain(): Promise<void> {
    return Promise.resolve();
  }
}
