/** Small bmodel files, sound or broken in one place, written with Google's own FlatBuffers builder. */
import { createHash } from 'node:crypto';
import { Builder, type Offset } from 'flatbuffers';

export interface BmodelTensorParts {
  readonly name: string;
  /** A bm_data_type_t: 8 is bf16, 6 is i32. */
  readonly type?: number;
  readonly shape: readonly number[];
}

export interface BmodelStageParts {
  readonly inputs?: readonly BmodelTensorParts[];
  readonly outputs?: readonly BmodelTensorParts[];
  readonly weights?: Buffer;
  /** Instead of the right one; empty for none. */
  readonly checkCode?: Buffer;
  readonly encryptMode?: number;
  readonly instructions?: Buffer;
  readonly neuronBytes?: number;
  readonly groupBytes?: readonly number[];
  readonly ioBytes?: number;
  readonly isDynamic?: boolean;
}

export interface BmodelParts {
  readonly magic?: number;
  readonly headerBytes?: number;
  /** Added to what the header says of the data. */
  readonly missingBytes?: number;
  readonly chip?: string;
  /** Chips it runs on at once. */
  readonly devices?: number;
  readonly nets?: readonly {
    readonly name: string;
    readonly addressMode?: number;
    readonly stages: readonly BmodelStageParts[];
  }[];
}

const layerWeights = Buffer.alloc(96, 3);
const states = { name: 'input_states', shape: [1, 1, 64] };

/** Two layers that share nothing but a net: a prefill and a decode with two stages. */
export const soundNets = [
  {
    name: 'block_0',
    stages: [{ inputs: [states], weights: layerWeights, neuronBytes: 4096 }],
  },
  {
    name: 'block_cache_0',
    addressMode: 1,
    stages: [64, 32].map((length) => ({
      inputs: [states, { name: 'history_k', shape: [1, length, 2, 32] }],
      weights: layerWeights,
      neuronBytes: 1024,
      ioBytes: length * 256,
    })),
  },
] satisfies NonNullable<BmodelParts['nets']>;

/** A sound file unless told otherwise. */
export function buildBmodel({
  magic = 0xff55aaee,
  headerBytes = 64,
  missingBytes = 0,
  chip = 'BM1684X',
  devices = 1,
  nets = soundNets,
}: BmodelParts = {}): Buffer {
  const writer = new Writer();
  const description = writer.model(chip, nets, devices);
  const data = writer.data();
  const header = Buffer.alloc(64);
  header.writeUInt32LE(magic, 0);
  header.writeUInt32LE(headerBytes, 4);
  header.writeUInt32LE(description.length, 8);
  header.writeBigUInt64LE(BigInt(data.length + missingBytes), 12);
  return Buffer.concat([header, description, data]);
}

class Writer {
  readonly #builder = new Builder(1024);
  readonly #parts: Buffer[] = [];
  /** The same object again is the same table again. */
  readonly #written = new Map<object, Offset>();

  data(): Buffer {
    return Buffer.concat(this.#parts);
  }

  model(chip: string, nets: NonNullable<BmodelParts['nets']>, devices: number): Buffer {
    const b = this.#builder;
    const netOffsets = this.#vector(
      nets.map((net) =>
        this.#once(net, ({ name, addressMode = 0, stages }) => {
          const parameters = this.#vector(
            stages.map((stage) => this.#once(stage, (parts) => this.#stage(parts))),
          );
          const netName = b.createString(name);
          b.startObject(6);
          b.addFieldOffset(0, netName, 0);
          b.addFieldOffset(3, parameters, 0);
          b.addFieldInt32(5, addressMode, 0);
          return b.endObject();
        }),
      ),
    );
    const kernelName = b.createString('libkernel.so');
    const kernel = this.#store(Buffer.alloc(40, 9));
    b.startObject(2);
    b.addFieldOffset(0, kernelName, 0);
    b.addFieldStruct(1, this.#pair(kernel), 0);
    const kernelModule = b.endObject();
    const texts = ['B', '2.2+v1.30.2', 'Sun Nov 22 10:00:00 2026\n', chip];
    const textOffsets = texts.map((text) => b.createString(text));
    b.startObject(9);
    textOffsets.forEach((offset, field) => b.addFieldOffset(field, offset, 0));
    b.addFieldOffset(4, netOffsets, 0);
    b.addFieldOffset(6, kernelModule, 0);
    b.addFieldInt32(7, devices, 0);
    b.finish(b.endObject());
    return Buffer.from(b.asUint8Array());
  }

  #stage(parts: BmodelStageParts): Offset {
    const { inputs = [states], outputs = [{ name: 'output', shape: [1, 64] }] } = parts;
    const { instructions = Buffer.alloc(20, 7), neuronBytes = 0, ioBytes = 0, groupBytes } = parts;
    const b = this.#builder;
    const inputTensors = this.#vector(inputs.map((tensor) => this.#tensor(tensor)));
    const outputTensors = this.#vector(outputs.map((tensor) => this.#tensor(tensor)));
    const weights = this.#weights(parts);
    const commands = this.#store(instructions);
    b.startObject(6);
    b.addFieldStruct(2, this.#pair(commands), 0);
    const groups = this.#vector([b.endObject()]);
    const contextSizes = groupBytes && this.#longs(groupBytes);
    b.startObject(20);
    b.addFieldOffset(0, inputTensors, 0);
    b.addFieldOffset(1, outputTensors, 0);
    b.addFieldInt64(3, BigInt(neuronBytes), 0n);
    if (weights !== undefined) b.addFieldOffset(4, weights, 0);
    b.addFieldInt32(5, parts.isDynamic ? 1 : 0, 0);
    b.addFieldOffset(8, groups, 0);
    if (contextSizes !== undefined) b.addFieldOffset(14, contextSizes, 0);
    b.addFieldInt32(16, 1, 0);
    b.addFieldInt64(18, BigInt(ioBytes), 0n);
    return b.endObject();
  }

  #tensor({ name, type = 8, shape }: BmodelTensorParts): Offset {
    const b = this.#builder;
    const dimensions = this.#longs(shape);
    b.startObject(1);
    b.addFieldOffset(0, dimensions, 0);
    const shapes = this.#vector([b.endObject()]);
    const tensorName = b.createString(name);
    b.startObject(13);
    b.addFieldOffset(0, tensorName, 0);
    b.addFieldInt32(1, type, 0);
    b.addFieldOffset(5, shapes, 0);
    return b.endObject();
  }

  #weights({ weights, checkCode, encryptMode = 0 }: BmodelStageParts): Offset | undefined {
    if (!weights) return undefined;
    const b = this.#builder;
    const code = checkCode ?? createHash('sha256').update(weights).digest();
    const codeVector = b.createByteVector(code);
    const segment = this.#store(weights);
    b.startObject(6);
    b.addFieldOffset(1, codeVector, 0);
    b.addFieldStruct(2, this.#pair(segment), 0);
    b.addFieldInt32(4, encryptMode, 0);
    return b.endObject();
  }

  #once<T extends object>(parts: T, write: (parts: T) => Offset): Offset {
    const offset = this.#written.get(parts) ?? write(parts);
    this.#written.set(parts, offset);
    return offset;
  }

  /** Equal parts are stored once, as the compiler does. */
  #store(part: Buffer): [start: number, size: number] {
    let start = 0;
    for (const other of this.#parts) {
      if (other.equals(part)) return [start, part.length];
      start += other.length;
    }
    this.#parts.push(part);
    return [start, part.length];
  }

  /** A struct lies in the table itself: written between its start and its field. */
  #pair([start, size]: [number, number]): Offset {
    this.#builder.prep(8, 16);
    this.#builder.writeInt64(BigInt(size));
    this.#builder.writeInt64(BigInt(start));
    return this.#builder.offset();
  }

  #vector(offsets: readonly Offset[]): Offset {
    this.#builder.startVector(4, offsets.length, 4);
    for (const offset of offsets.toReversed()) this.#builder.addOffset(offset);
    return this.#builder.endVector();
  }

  #longs(values: readonly number[]): Offset {
    this.#builder.startVector(8, values.length, 8);
    for (const value of values.toReversed()) this.#builder.addInt64(BigInt(value));
    return this.#builder.endVector();
  }
}
