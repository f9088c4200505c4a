/** The thread that owns the chip, as the device host's main thread talks to it. */
import { Worker } from 'node:worker_threads';
import { DeviceError } from '../device.ts';
import { errorOf } from '../fault.ts';
import {
  type CardCallName,
  type CardCalls,
  type CardChange,
  type CardThreadData,
  type FromCardThread,
} from './cardMessages.ts';

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class CardClient {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #abortFlag: Int32Array;
  #nextId = 1;
  #steps = 0;
  #ended: Error | undefined;

  /** @param threadModule the JavaScript of cardThread.ts */
  constructor(threadModule: URL, options: Omit<CardThreadData, 'abortFlag'>) {
    this.#abortFlag = new Int32Array(new SharedArrayBuffer(4));
    const workerData: CardThreadData = { ...options, abortFlag: this.#abortFlag };
    this.#worker = new Worker(threadModule, { workerData, execArgv: [] });
    this.#worker.on('message', (message: FromCardThread) => {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if ('fault' in message) pending?.reject(errorOf(message.fault));
      else pending?.resolve(message.result);
    });
    this.#worker.on('error', (error) => {
      this.#end(new DeviceError('lost', `The chip's thread failed: ${error.message}`));
    });
    this.#worker.on('exit', () => {
      this.#end(new DeviceError('lost', 'The chip’s thread has ended.'));
    });
  }

  /** @throws DeviceError, and what else the call throws */
  call<K extends CardCallName>(
    name: K,
    request: Parameters<CardCalls[K]>[0],
  ): Promise<ReturnType<CardCalls[K]>> {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#nextId++;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call: name, request });
    }) as Promise<ReturnType<CardCalls[K]>>;
  }

  /** Carried out before whatever is called after it. */
  change(change: CardChange): void {
    this.#worker.postMessage({ change });
  }

  /** The number of the next step, for `abort`. */
  nextStep(): number {
    return ++this.#steps;
  }

  /** Makes a step that runs, or has not begun, stop at its next launch. */
  abort(step: number): void {
    Atomics.store(this.#abortFlag, 0, step);
  }

  /** Closes the chip first: a thread that just ends takes the process with it. */
  async close(): Promise<void> {
    if (this.#ended) return;
    await this.call('close', {});
    await this.#worker.terminate();
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }
}
