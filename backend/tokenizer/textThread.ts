/** A tokenizer's worker thread, from outside. */
import { Worker } from 'node:worker_threads';
import { DeviceError } from '../devices/device.ts';
import type { After } from './slowTexts.ts';
import type { FromThread, OpenedText, ThreadData, ToThread } from './threadMessages.ts';

/** The largest files take a second. */
const OPENING_MS = 120_000;

interface Listener {
  readonly onAnswer: (id: number, tokens: Int32Array) => void;
  /** It has ended by itself. */
  readonly onEnd: (reason: string) => void;
}

export interface OpenedThread {
  readonly thread: TextThread;
  readonly opened: OpenedText;
}

/**
 * @param module tokenizerThread.ts as JavaScript
 * @param folder of the model
 * @throws DeviceError tokenizerFailed, and what the model's files are refused with
 */
export function openTextThread(module: URL, folder: string, after: After): Promise<OpenedThread> {
  const current = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(module, { workerData: { folder, current } satisfies ThreadData });
  return new Promise((resolve, reject) => {
    const fail = (error: DeviceError): void => {
      takeBack();
      reject(error);
      void worker.terminate();
    };
    const onError = (error: Error): void => fail(tokenizerFailed(error.message));
    const onExit = (code: number): void => fail(tokenizerFailed(`its thread ended with ${code}`));
    const takeBack = after(OPENING_MS, () => fail(tokenizerFailed('reading it takes for ever')));
    worker.once('error', onError).once('exit', onExit);
    worker.once('message', (message: FromThread) => {
      worker.off('error', onError).off('exit', onExit);
      takeBack();
      if ('opened' in message) {
        resolve({ thread: new TextThread(worker, current), opened: message.opened });
      } else if ('failed' in message) {
        reject(new DeviceError(message.failed.code, message.failed.message));
      }
    });
  });
}

export function tokenizerFailed(reason: string): DeviceError {
  return new DeviceError('tokenizerFailed', reason);
}

export class TextThread {
  constructor(
    private readonly worker: Worker,
    private readonly shared: Int32Array,
  ) {
    // An idle tokenizer keeps no process alive.
    worker.unref();
  }

  /** The text that it is at, or was at last. */
  get current(): number {
    return Atomics.load(this.shared, 0);
  }

  listen({ onAnswer, onEnd }: Listener): void {
    this.worker.on('message', (message: FromThread) => {
      if ('id' in message) onAnswer(message.id, message.tokens);
    });
    this.worker.once('error', (error) => onEnd(error.message));
    this.worker.once('exit', (code) => onEnd(`its thread ended with ${code}`));
  }

  post(message: ToThread): void {
    this.worker.ref();
    this.worker.postMessage(message);
  }

  /** Nobody waits for it. */
  rest(): void {
    this.worker.unref();
  }

  /** Also in the middle of a pattern. */
  async end(): Promise<void> {
    await this.worker.terminate();
  }
}
