/**
 * The mechanism of the extension llama.vscode 0.0.63, rebuilt on our engine from its behaviour: no
 * debounce; a cache of 250 answers by prefix, scanned backwards for typed-through text; one request
 * at a time, for whose end others poll every 150 ms; nothing is cancelled on the device; right after
 * a suggestion the one that would follow it is asked for; 128 tokens, or 500 ms after the first.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Timings } from '../../backend/protocol/generation.ts';
import type { ModelHandle } from '../../backend/scheduling/engine.ts';
import type { Completer, Suggestion } from './completer.ts';
import type { TypingBackend } from './typingBackend.ts';
import type { Edit } from './typingTrace.ts';

const CACHED = 250;
const SCANNED = 128;
const POLL_MS = 150;
const MAX_TOKENS = 128;
const BUDGET_MS = 500;

interface Answer {
  readonly text: string;
  readonly timings: Timings;
}

export class LlamaVscodeCompleter implements Completer {
  readonly #backend: TypingBackend;
  readonly #model: ModelHandle;
  /** By the text before the cursor, least recently used first; the suffix is always empty here. */
  readonly #cache = new Map<string, Answer>();
  #isBusy = false;
  /** Its server has one slot for all of it. */
  #slot: Promise<unknown> = Promise.resolve();

  constructor(backend: TypingBackend) {
    this.#backend = backend;
    this.#model = backend.engine.resolve(undefined, 'completion');
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  async type(
    _before: string,
    _edit: Edit,
    after: string,
    cursor: number,
    signal: AbortSignal,
  ): Promise<Suggestion> {
    const prefix = after.slice(0, cursor);
    const known = this.#find(prefix);
    if (known !== undefined) return { ...known, withoutDevice: true };
    while (this.#isBusy) {
      await delay(POLL_MS);
      if (signal.aborted) return { text: '', withoutDevice: false };
    }
    this.#isBusy = true;
    try {
      const answer = await this.#ask(prefix);
      return { ...answer, withoutDevice: false };
    } finally {
      this.#isBusy = false;
    }
  }

  /** Its next suggestion is asked for as soon as one is returned. */
  shown(text: string, cursor: number, suggestion: Suggestion): Promise<void> {
    const prefix = text.slice(0, cursor) + suggestion.text;
    if (this.#find(prefix) === undefined) void this.#ask(prefix);
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#slot;
    await this.#backend.idle();
  }

  /** The cached answer at the prefix, or what is left of one that was typed through. */
  #find(prefix: string): Answer | undefined {
    for (let typed = 0; typed <= Math.min(SCANNED, prefix.length); typed++) {
      const key = prefix.slice(0, prefix.length - typed);
      const answer = this.#cache.get(key);
      const text = prefix.slice(key.length);
      if (answer?.text.startsWith(text) !== true) continue;
      if (typed > 0 && answer.text.length === typed) continue;
      this.#cache.delete(key);
      this.#cache.set(key, answer);
      return { ...answer, text: answer.text.slice(typed) };
    }
    return undefined;
  }

  async #ask(prefix: string): Promise<Answer> {
    const asked = this.#slot.then(() => this.#generate(prefix));
    this.#slot = asked;
    const answer = await asked;
    this.#cache.set(prefix, answer);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > CACHED && oldest !== undefined) this.#cache.delete(oldest);
    return answer;
  }

  async #generate(prefix: string): Promise<Answer> {
    const stop = new AbortController();
    let firstAt: number | undefined;
    let written = '';
    const { timings } = await this.#backend.engine.generate(
      {
        model: this.#model,
        class: 'completion',
        prompt: await this.#model.encode([prefix]),
        maxTokens: MAX_TOKENS,
        sampling: { temperature: 0 },
        stop: [],
      },
      {
        onText: (text) => {
          written += text;
          firstAt ??= performance.now();
          if (performance.now() - firstAt >= BUDGET_MS && written.includes('\n')) stop.abort();
        },
      },
      stop.signal,
    );
    // Its own check: what is blank, or begins with a line end and repeats nothing, is still shown.
    return { text: written.trim() === '' ? '' : written.trimEnd(), timings };
  }
}
