/** Tokens to the states that go into the first layer: by a net, or from a table on disk. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { DeviceError } from '../device.ts';
import type { Chip } from './chip.ts';
import type { DeviceArena } from './deviceArena.ts';
import type { ModelLayout } from './modelLayout.ts';
import { shapeOf } from './netInfo.ts';
import type { Runtime, Launch } from './runtime.ts';
import { cString, TensorArray } from './tensorArray.ts';
import type { DeviceMemory } from './types.ts';

export interface Embedding {
  /**
   * Writes the states of up to chunkLength tokens. Rows after them, up to chunkLength, keep finite
   * values when `tokens` is a chunk: a static net computes with them, too.
   */
  chunk(tokens: Int32Array): void;
  /** Writes the state of one token. */
  one(token: number): void;
  close(): void;
}

/** By the nets `embedding` and `embedding_cache`, into `states`. */
export class NetEmbedding implements Embedding {
  readonly #chip: Chip;
  readonly #runtime: Runtime;
  readonly #ids: DeviceMemory;
  readonly #padded: Int32Array;
  readonly #chunk: Launch;
  readonly #one: Launch;

  constructor(
    chip: Chip,
    arena: DeviceArena,
    runtime: Runtime,
    { chunk, one }: NonNullable<ModelLayout['embedding']>,
    states: DeviceMemory,
  ) {
    this.#chip = chip;
    this.#runtime = runtime;
    const launch = ({ name, inputs, outputs }: typeof chunk): Launch => {
      const [ids] = inputs;
      const [output] = outputs;
      if (!ids || !output) throw new RangeError(`${name} has no input or output.`);
      return {
        net: name,
        name: cString(name),
        inputs: new TensorArray([{ port: ids, memory: this.#ids }]),
        outputs: new TensorArray([{ port: output, memory: states }]),
      };
    };
    const [input] = chunk.inputs;
    if (!input) throw new RangeError(`${chunk.name} has no input.`);
    const [, length = 0] = shapeOf(input);
    this.#padded = new Int32Array(length);
    this.#ids = arena.allocateOne(this.#padded.byteLength, 'token ids');
    this.#chunk = launch(chunk);
    this.#one = launch(one);
  }

  chunk(tokens: Int32Array): void {
    this.#padded.fill(0);
    this.#padded.set(tokens);
    this.#chip.write(this.#ids, bytesOf(this.#padded));
    this.#runtime.launch(this.#chunk);
  }

  one(token: number): void {
    this.#padded[0] = token;
    this.#chip.write(this.#ids, bytesOf(this.#padded.subarray(0, 1)));
    this.#runtime.launch(this.#one);
  }

  close(): void {
    // Its memory is the arena's.
  }
}

/** From `embedding.bin`: [vocabulary, hiddenSize] of the states' type. */
export class DiskEmbedding implements Embedding {
  readonly #chip: Chip;
  readonly #states: DeviceMemory;
  readonly #file: number;
  readonly #rowBytes: number;
  readonly #rows: Uint8Array;

  /** @throws DeviceError invalidModel when the file is not there or too short */
  constructor(
    chip: Chip,
    file: string,
    { hiddenSize, chunkLength }: ModelLayout,
    vocabularySize: number,
    states: DeviceMemory,
  ) {
    this.#chip = chip;
    this.#states = states;
    this.#rowBytes = 2 * hiddenSize;
    this.#rows = new Uint8Array(chunkLength * this.#rowBytes);
    const needed = vocabularySize * this.#rowBytes;
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size < needed) {
      const reason = `embedding.bin has ${size} of ${needed} bytes`;
      throw new DeviceError('invalidModel', `The table of tokens is missing or short: ${reason}.`);
    }
    this.#file = openSync(file, 'r');
  }

  chunk(tokens: Int32Array): void {
    tokens.forEach((token, row) => {
      this.#read(token, row);
    });
    this.#chip.write(this.#states, this.#rows.subarray(0, tokens.length * this.#rowBytes));
  }

  one(token: number): void {
    this.#read(token, 0);
    this.#chip.write(this.#states, this.#rows.subarray(0, this.#rowBytes));
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(token: number, row: number): void {
    const start = row * this.#rowBytes;
    const bytes = readSync(this.#file, this.#rows, start, this.#rowBytes, token * this.#rowBytes);
    if (bytes < this.#rowBytes) {
      throw new DeviceError('invalidModel', 'embedding.bin was cut short while it was in use.');
    }
  }
}

/** The array's memory as bytes. */
export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
