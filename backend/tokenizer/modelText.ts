/** The text side of a model folder: its tokenizer, on a thread of its own, and its metadata. */
import { Worker } from 'node:worker_threads';
import { DeviceError, type ModelMetadata } from '../devices/device.ts';
import type { Pieces } from './pieces.ts';
import type { FromThread, ToThread } from './threadMessages.ts';

export interface ModelText {
  readonly metadata: ModelMetadata;
  /** Text to tokens, never on this thread. Text that looks like a special token stays text. */
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
}

/**
 * Opens a folder in Hugging Face's layout: tokenizer.json, and as far as they are there
 * tokenizer_config.json, config.json, generation_config.json, chat_template.jinja.
 * @throws DeviceError invalidModel for a missing or damaged file, unsupportedModel
 */
export function openModelText(folder: string, options: ModelTextOptions = {}): Promise<ModelText> {
  const module = options.workerModule ?? new URL('tokenizerThread.js', import.meta.url);
  const worker = new Worker(module, { workerData: { folder } });
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      reject(new DeviceError('lost', `The tokenizer of ${folder} ended: ${reason}.`));
    };
    const onError = (error: Error): void => fail(error.message);
    const onExit = (code: number): void => fail(`exit code ${code}`);
    worker.once('error', onError).once('exit', onExit);
    worker.once('message', (message: FromThread) => {
      worker.off('error', onError).off('exit', onExit);
      if ('opened' in message) {
        const { metadata, pieces } = message.opened;
        resolve(new ThreadedText(worker, metadata, pieces));
      } else if ('failed' in message) {
        reject(new DeviceError(message.failed.code, message.failed.message));
      }
    });
  });
}

interface Waiting {
  resolve(tokens: Int32Array): void;
  reject(error: Error): void;
}

class ThreadedText implements ModelText {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: string | undefined;

  constructor(
    private readonly worker: Worker,
    readonly metadata: ModelMetadata,
    private readonly pieces: Pieces,
  ) {
    worker.on('message', (message: FromThread) => {
      if (!('id' in message)) return;
      this.#waiting.get(message.id)?.resolve(message.tokens);
      this.#settled(message.id);
    });
    worker.once('error', (error) => this.#end(error.message));
    worker.once('exit', (code) => this.#end(`exit code ${code}`));
    // An idle tokenizer keeps no process alive.
    worker.unref();
  }

  encode(text: string): Promise<Int32Array> {
    if (this.#ended !== undefined) return Promise.reject(this.#lost(this.#ended));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.worker.ref();
      this.worker.postMessage({ id, text } satisfies ToThread);
    });
  }

  piece(token: number): Uint8Array {
    const { vocabularySize } = this.metadata;
    if (!Number.isInteger(token) || token < 0 || token >= vocabularySize) {
      throw new RangeError(`The vocabulary has no token ${token}.`);
    }
    // The model's tables may have more rows than the tokenizer has tokens.
    const { bytes, ends } = this.pieces;
    return bytes.subarray(ends[token - 1] ?? 0, ends[token] ?? 0);
  }

  async close(): Promise<void> {
    this.#end('it was closed');
    await this.worker.terminate();
  }

  #settled(id: number): void {
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.worker.unref();
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#lost(this.#ended));
    this.#waiting.clear();
  }

  #lost(reason: string): DeviceError {
    return new DeviceError('lost', `The tokenizer ended: ${reason}.`);
  }
}
