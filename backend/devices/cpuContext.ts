/** One llama_context: its sequences, its steps, and the flag that stops a step from inside. */
import koffi from 'koffi';
import { DeviceError } from './device.ts';
import type { LlamaLibrary } from './llamaLibrary.ts';
import { toPointer, type Batch, type Pointer } from './llamaTypes.ts';
import { onWorker } from './onWorker.ts';

/** Native handles that belong together. */
export interface CpuHandles {
  readonly library: LlamaLibrary;
  readonly model: Pointer;
  readonly context: Pointer;
  /** The context's KV cache. */
  readonly memory: Pointer;
}

/** Positions up to the end of a sequence, for llama_memory_seq_*. */
const TO_THE_END = -1;

/** Thin, typed and unchecked: callers have checked slots and lengths. */
export class CpuContext {
  readonly pointer: Pointer;
  readonly #decode: (context: Pointer, batch: Batch) => Promise<number>;
  /**
   * Two bytes of native memory: a C string that is empty until `abort` writes its first byte. The
   * library asks between two operations of a step whether its length is 0, and `strlen` answers on
   * the library's own thread; a JavaScript callback would have to wait for the event loop.
   */
  readonly #stop: Pointer;

  constructor(private readonly handles: CpuHandles) {
    const { api, strlen } = handles.library;
    this.pointer = handles.context;
    this.#decode = onWorker(api.decode);
    this.#stop = toPointer(koffi.alloc('uint8_t', 2));
    koffi.encode(this.#stop, 'uint8_t', [0, 0], 2);
    api.set_abort_callback(this.pointer, strlen, this.#stop);
  }

  /**
   * Compute one batch. After an error slots may hold part of it: the caller truncates them.
   * @throws DeviceError aborted, noMemory, lost
   */
  async decode(batch: Batch): Promise<void> {
    koffi.encode(this.#stop, 'uint8_t', 0);
    const status = await this.#decode(this.pointer, batch);
    // An abort that came with the last operation is one too.
    const aborted = koffi.decode.uint8(this.#stop) !== 0;
    if (status !== 0 || aborted) throw stepError(aborted ? 2 : status);
  }

  abort(): void {
    koffi.encode(this.#stop, 'uint8_t', 1);
  }

  /** Copy the logits of one output of the last batch. */
  readLogits(index: number, into: Float32Array): void {
    const logits = this.handles.library.api.get_logits_ith(this.pointer, index);
    if (logits === null) throw new DeviceError('lost', `The step gave no logits ${index}.`);
    this.handles.library.memcpy(into, logits, into.byteLength);
  }

  truncate(slot: number, length: number): void {
    this.handles.library.api.memory_seq_rm(this.handles.memory, slot, length, TO_THE_END);
  }

  /** Share the cells of the first `length` tokens with another slot. */
  copyPrefix(from: number, to: number, length: number): void {
    this.truncate(to, 0);
    this.handles.library.api.memory_seq_cp(this.handles.memory, from, to, 0, length);
  }

  /** The KV of one slot alone, whoever shares its cells. */
  save(slot: number): Uint8Array {
    const { api } = this.handles.library;
    const data = new Uint8Array(api.state_seq_get_size(this.pointer, slot));
    const written = api.state_seq_get_data(this.pointer, data, data.length, slot);
    if (written !== data.length) throw new DeviceError('lost', `Slot ${slot} cannot be saved.`);
    return data;
  }

  restore(slot: number, data: Uint8Array): void {
    const { api } = this.handles.library;
    if (api.state_seq_set_data(this.pointer, data, data.length, slot) === 0) {
      throw new DeviceError('lost', `Slot ${slot} cannot be restored.`);
    }
  }

  setThreads(threads: number): void {
    this.handles.library.api.set_n_threads(this.pointer, threads, threads);
  }

  /** Frees the model too. No step may be running. */
  free(): void {
    const { api } = this.handles.library;
    api.free(this.pointer);
    api.model_free(this.handles.model);
    koffi.free(this.#stop);
  }
}

/** The return values of llama_decode (llama.h). */
function stepError(status: number): DeviceError {
  switch (status) {
    case 1:
      return new DeviceError('noMemory', 'The KV cache has no room for the step.');
    case 2:
      return new DeviceError('aborted', 'The step was aborted.');
    case -2:
      return new DeviceError('noMemory', 'There is no memory for the buffers of the step.');
    default:
      return new DeviceError('lost', `llama_decode failed with ${status}.`);
  }
}
