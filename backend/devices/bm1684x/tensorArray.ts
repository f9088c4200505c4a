/**
 * Arguments of a launch as the library wants them: an array of bm_tensor_t, encoded once. Encoding
 * one for each call costs 1.6 us a tensor; changing a field in place, next to nothing.
 */
import { shapeOf, type Port } from './netInfo.ts';
import { dtypes, tensorLayout as layout, type DeviceMemory } from './types.ts';

/** A tensor of a launch: the net's port, and the memory it is in. */
export interface Binding {
  readonly port: Port;
  readonly memory: DeviceMemory;
}

export class TensorArray {
  readonly bytes: Buffer;
  readonly count: number;

  /** @param stage whose shapes the tensors have at first */
  constructor(bindings: readonly Binding[], stage = 0) {
    this.count = bindings.length;
    // Not from Node's pool: what the library keeps a pointer to must stay where it is.
    this.bytes = Buffer.alloc(Math.max(1, bindings.length) * layout.bytes);
    bindings.forEach(({ port, memory }, n) => {
      const base = n * layout.bytes;
      const shape = shapeOf(port, stage);
      this.bytes.writeInt32LE(dtypes.indexOf(port.dtype), base + layout.dtype);
      this.bytes.writeInt32LE(shape.length, base + layout.dimensionCount);
      shape.forEach((size, dimension) => {
        this.setDimension(n, dimension, size);
      });
      this.setMemory(n, Number(memory.device_addr), memory.size);
    });
  }

  /** @param tensor index in the array */
  setDimension(tensor: number, dimension: number, size: number): void {
    this.bytes.writeInt32LE(size, tensor * layout.bytes + layout.dimensions + 4 * dimension);
  }

  /** As set, or as a launch has left it. */
  shape(tensor: number): number[] {
    const base = tensor * layout.bytes;
    const count = this.bytes.readInt32LE(base + layout.dimensionCount);
    return Array.from({ length: count }, (_, dimension) =>
      this.bytes.readInt32LE(base + layout.dimensions + 4 * dimension),
    );
  }

  /** @param address below 2^53 */
  setMemory(tensor: number, address: number, bytes: number): void {
    const base = tensor * layout.bytes;
    this.bytes.writeUInt32LE(address % 2 ** 32, base + layout.address);
    this.bytes.writeUInt32LE(Math.floor(address / 2 ** 32), base + layout.address + 4);
    this.bytes.writeUInt32LE(bytes, base + layout.size);
  }
}

/** A name as the library wants it. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'latin1');
}

/** A part of a piece of memory. */
export function partOf(memory: DeviceMemory, offset: number, bytes: number): DeviceMemory {
  return { ...memory, device_addr: Number(memory.device_addr) + offset, size: bytes };
}
