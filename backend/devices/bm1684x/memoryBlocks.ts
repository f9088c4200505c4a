/** Whether a bmodel finds room in the heaps of a chip, before the runtime tries. Pure. */
import type { Bmodel } from '../../formats/bmodel.ts';
import { placeBlocks } from '../../prediction/heaps.ts';
import { DeviceError } from '../device.ts';

/** Pieces of memory that the runtime takes for a model, in bytes: none of them is ever split. */
export function memoryBlocks({ nets, weights, memory }: Bmodel): number[] {
  const io = nets.map(({ stages }) => Math.max(...stages.map(({ ioBytes }) => ioBytes)));
  const blocks = [
    ...weights.map(({ size }) => size),
    ...io,
    memory.neuron,
    memory.instructions,
    memory.kernel,
  ];
  return blocks.filter((bytes) => bytes > 0);
}

export interface HeapRoom {
  readonly name: string;
  readonly availableBytes: number;
}

/**
 * @param heaps none where the device does not tell
 * @throws DeviceError noMemory, naming the heap with the most room
 */
export function checkMemory(blocks: readonly number[], heaps: readonly HeapRoom[]): void {
  if (heaps.length === 0) return;
  const rooms = heaps.map(({ name, availableBytes }) => ({ name, bytes: availableBytes }));
  if (placeBlocks(blocks, rooms).isWhole) return;
  const needed = blocks.reduce((sum, bytes) => sum + bytes, 0);
  const free = rooms.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = Math.max(...blocks);
  const [roomiest] = rooms.toSorted((a, b) => b.bytes - a.bytes);
  const isSplit = free >= needed;
  throw new DeviceError(
    'noMemory',
    isSplit
      ? `Its ${needed} bytes do not fit into the heaps piece by piece.`
      : `It needs ${needed} bytes of device memory, and ${free} are free.`,
    {
      heap: isSplit ? (roomiest?.name ?? 'device memory') : 'all heaps',
      neededBytes: isSplit ? largest : needed,
      availableBytes: isSplit ? (roomiest?.bytes ?? 0) : free,
    },
  );
}
