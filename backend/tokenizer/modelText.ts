/** The text side of a model folder: its tokenizer, on a thread of its own, and its metadata. */
import { DeviceError, type ModelMetadata } from '../devices/device.ts';
import { afterTimeout, SlowTexts, type After } from './slowTexts.ts';
import {
  openTextThread,
  tokenizerFailed,
  type OpenedThread,
  type TextThread,
} from './textThread.ts';
import type { OpenedText } from './threadMessages.ts';

export interface ModelText {
  readonly metadata: ModelMetadata;
  /**
   * Text to tokens, never on this thread. Text that looks like a special token stays text.
   * @throws DeviceError tokenizerFailed when the model's own rules do not come to an end with it
   */
  encode(text: string): Promise<Int32Array>;
  /**
   * The bytes of a token; a character may span several tokens. Special tokens give none.
   * @throws RangeError for an id that is not in the vocabulary
   */
  piece(token: number): Uint8Array;
  /** Ends the thread; texts on their way are rejected. */
  close(): Promise<void>;
}

export interface ModelTextOptions {
  /** The thread's program, tokenizerThread.ts as JavaScript; beside the bundle when left out. */
  readonly workerModule?: URL;
  /** Of what a thread is given to open or to answer. */
  readonly after?: After;
}

/**
 * Opens a folder in Hugging Face's layout: tokenizer.json, and as far as they are there
 * tokenizer_config.json, config.json, generation_config.json, chat_template.jinja.
 * @throws DeviceError invalidModel for a missing or damaged file, unsupportedModel, tokenizerFailed
 */
export async function openModelText(
  folder: string,
  options: ModelTextOptions = {},
): Promise<ModelText> {
  const module = options.workerModule ?? new URL('tokenizerThread.js', import.meta.url);
  const after = options.after ?? afterTimeout;
  const open = (): Promise<OpenedThread> => openTextThread(module, folder, after);
  return new ThreadedText(await open(), open, after);
}

interface Waiting {
  readonly text: string;
  resolve(tokens: Int32Array): void;
  reject(error: Error): void;
}

class ThreadedText implements ModelText {
  readonly #opened: OpenedText;
  readonly #open: () => Promise<OpenedThread>;
  /** The oldest first. */
  readonly #waiting = new Map<number, Waiting>();
  readonly #slow: SlowTexts;
  /** None while another one is opened, and after one failed that nobody was waiting for. */
  #thread: TextThread | undefined;
  #opening: Promise<void> | undefined;
  #lastId = 0;
  #ended: DeviceError | undefined;

  constructor({ thread, opened }: OpenedThread, open: () => Promise<OpenedThread>, after: After) {
    this.#opened = opened;
    this.#open = open;
    this.#slow = new SlowTexts(after, () => this.#replace('it does not come to an end'));
    this.#use(thread);
  }

  get metadata(): ModelMetadata {
    return this.#opened.metadata;
  }

  encode(text: string): Promise<Int32Array> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { text, resolve, reject });
      if (this.#thread) this.#post(this.#thread, id, text);
      else this.#reopen();
    });
  }

  piece(token: number): Uint8Array {
    const { vocabularySize } = this.metadata;
    if (!Number.isInteger(token) || token < 0 || token >= vocabularySize) {
      throw new RangeError(`The vocabulary has no token ${token}.`);
    }
    // The model's tables may have more rows than the tokenizer has tokens.
    const { bytes, ends } = this.#opened.pieces;
    return bytes.subarray(ends[token - 1] ?? 0, ends[token] ?? 0);
  }

  async close(): Promise<void> {
    this.#end(new DeviceError('lost', 'The tokenizer was closed.'));
    await this.#thread?.end();
    await this.#opening;
  }

  #use(thread: TextThread): void {
    this.#thread = thread;
    thread.listen({
      onAnswer: (id, tokens) => {
        if (thread !== this.#thread) return;
        this.#slow.answered(id);
        this.#waiting.get(id)?.resolve(tokens);
        this.#waiting.delete(id);
        if (this.#waiting.size === 0) thread.rest();
      },
      onEnd: (reason) => {
        if (thread === this.#thread) this.#replace(reason);
      },
    });
    for (const [id, { text }] of this.#waiting) this.#post(thread, id, text);
  }

  #post(thread: TextThread, id: number, text: string): void {
    thread.post({ id, text });
    this.#slow.posted(id, text.length);
  }

  /** The text that the thread is at is what it failed with; the others are for another thread. */
  #replace(reason: string): void {
    const thread = this.#thread;
    if (thread === undefined || this.#ended !== undefined) return;
    const [oldest = 0] = this.#waiting.keys();
    const failed = this.#waiting.has(thread.current) ? thread.current : oldest;
    this.#waiting.get(failed)?.reject(tokenizerFailed(reason));
    this.#waiting.delete(failed);
    this.#slow.clear();
    this.#thread = undefined;
    void thread.end();
    if (this.#waiting.size > 0) this.#reopen();
  }

  #reopen(): void {
    this.#opening ??= this.#open()
      .then(
        async ({ thread }) => {
          if (this.#ended === undefined) this.#use(thread);
          else await thread.end();
        },
        (error: unknown) => {
          this.#end(error instanceof DeviceError ? error : tokenizerFailed(String(error)));
        },
      )
      .finally(() => (this.#opening = undefined));
  }

  #end(error: DeviceError): void {
    this.#ended ??= error;
    this.#slow.clear();
    for (const waiting of this.#waiting.values()) waiting.reject(this.#ended);
    this.#waiting.clear();
  }
}
