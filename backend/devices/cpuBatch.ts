/** The arrays of one llama_batch, made once and filled anew for every step. */
import koffi from 'koffi';
import type { StepPlan } from './device.ts';
import { toPointer, type Batch, type Pointer } from './llamaTypes.ts';

/** The place in the batch whose logits a slot is to be sampled from. */
export interface BatchOutput {
  readonly slot: number;
  readonly index: number;
}

export class CpuBatch {
  /** What llama_decode takes. */
  readonly native: Batch;
  /** One llama_seq_id a slot, in native memory, for the batch to point at. */
  readonly #ids: Pointer;

  /** @param capacity the most tokens of a step */
  constructor(capacity: number, slots: number) {
    // An ArrayBuffer made by hand is never in V8's heap, where the collector could move it while a
    // step reads it on another thread.
    const memory = (bytesEach: number): ArrayBuffer => new ArrayBuffer(capacity * bytesEach);
    this.#ids = toPointer(koffi.alloc('int32_t', slots));
    for (let slot = 0; slot < slots; slot++) koffi.encode(this.#ids, slot * 4, 'int32_t', slot);
    this.native = {
      n_tokens: 0,
      token: new Int32Array(memory(4)),
      embd: null,
      pos: new Int32Array(memory(4)),
      n_seq_id: new Int32Array(memory(4)).fill(1),
      seq_id: new BigUint64Array(memory(8)),
      logits: new Int8Array(memory(1)),
    };
  }

  /**
   * Take in a plan that was checked. Decodes come first, so that they share the first micro-batch.
   * @param length tokens that a slot holds
   */
  fill({ decodes, prefill }: StepPlan, length: (slot: number) => number): BatchOutput[] {
    this.native.n_tokens = 0;
    const outputs: BatchOutput[] = [];
    for (const { slot, token } of decodes) {
      outputs.push({ slot, index: this.#add(token, length(slot), slot, true) });
    }
    if (prefill !== undefined) {
      const { slot, tokens, from, sample } = prefill;
      const last = tokens.length - 1;
      tokens.forEach((token, i) => this.#add(token, from + i, slot, sample && i === last));
      if (sample) outputs.push({ slot, index: this.native.n_tokens - 1 });
    }
    return outputs;
  }

  free(): void {
    koffi.free(this.#ids);
  }

  #add(token: number, position: number, slot: number, output: boolean): number {
    const { native } = this;
    const index = native.n_tokens++;
    native.token[index] = token;
    native.pos[index] = position;
    native.seq_id[index] = this.#ids + BigInt(4 * slot);
    native.logits[index] = output ? 1 : 0;
    return index;
  }
}
