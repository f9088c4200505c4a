/** Whether a bmodel finds room in the heaps of a chip, before the runtime tries. Pure. */
import type { Bmodel } from '../../formats/bmodel.ts';
import type { BmodelNet } from '../../formats/bmodelNet.ts';
import { placeBlocks, type Heap } from '../../prediction/heaps.ts';
import { DeviceError } from '../device.ts';

/** A piece of memory that the runtime takes in one, in bytes. */
interface MemoryBlock {
  readonly bytes: number;
  /** Of these, what grows with the context. */
  readonly kvBytes?: number;
}

/** What the runtime takes for a model. */
export interface MemoryNeeds {
  readonly blocks: readonly MemoryBlock[];
  /** Tokens that it was converted for; 0 for what has no KV cache. */
  readonly contextLength: number;
}

export function memoryNeeds({ nets, weights, memory }: Bmodel): MemoryNeeds {
  const blocks = [
    ...weights.map(({ size }) => ({ bytes: size })),
    ...nets.map(ioOf),
    ...[memory.neuron, memory.instructions, memory.kernel].map((bytes) => ({ bytes })),
  ];
  const lengths = nets.flatMap(({ stages }) => stages.flatMap(kvOf)).map(({ shape }) => shape[1]);
  return {
    blocks: blocks.filter(({ bytes }) => bytes > 0),
    contextLength: Math.max(0, ...lengths.map((length) => length ?? 0)),
  };
}

function ioOf({ stages }: BmodelNet): MemoryBlock {
  const bytes = Math.max(...stages.map(({ ioBytes }) => ioBytes));
  const kv = stages.map((stage) => kvOf(stage).reduce((sum, one) => sum + bytesOf(one), 0));
  return { bytes, kvBytes: Math.min(bytes, Math.max(0, ...kv)) };
}

type Stage = BmodelNet['stages'][number];
type Tensor = Stage['inputs'][number];

function kvOf({ inputs }: Stage): Tensor[] {
  return inputs.filter(({ name }) => /^history_[kv]/u.test(name));
}

/** Of 16-bit elements, as KV caches have them. */
function bytesOf({ shape }: Tensor): number {
  return shape.reduce((product, size) => product * size, 2);
}

export interface HeapRoom {
  readonly name: string;
  readonly availableBytes: number;
}

/**
 * @param heaps none where the device does not tell
 * @throws DeviceError noMemory, naming the heap with the most room, and what would fit
 */
export function checkMemory(needs: MemoryNeeds, heaps: readonly HeapRoom[]): void {
  if (heaps.length === 0) return;
  const rooms = heaps.map(({ name, availableBytes }) => ({ name, bytes: availableBytes }));
  const blocks = needs.blocks.map(({ bytes }) => bytes);
  if (placeBlocks(blocks, rooms).isWhole) return;
  const needed = blocks.reduce((sum, bytes) => sum + bytes, 0);
  const free = rooms.reduce((sum, { bytes }) => sum + bytes, 0);
  const largest = Math.max(...blocks);
  const [roomiest] = rooms.toSorted((a, b) => b.bytes - a.bytes);
  const isSplit = free >= needed;
  const convertedFor = longestFitting(needs, rooms);
  throw new DeviceError(
    'noMemory',
    isSplit
      ? `Its ${needed} bytes do not fit into the heaps piece by piece.`
      : `It needs ${needed} bytes of device memory, and ${free} are free.`,
    {
      heap: isSplit ? (roomiest?.name ?? 'device memory') : namesOf(rooms),
      neededBytes: isSplit ? largest : needed,
      availableBytes: isSplit ? (roomiest?.bytes ?? 0) : free,
      ...(convertedFor !== undefined && { convertedFor }),
    },
  );
}

/** `heap 0, heap 1 and heap 2` */
function namesOf(heaps: readonly Heap[]): string {
  return new Intl.ListFormat('en').format(heaps.map(({ name }) => name));
}

/** Lengths worth a conversion of their own. */
const LENGTH_STEP = 256;

/** The longest context of the same model that there is room for; none when its weights are too many. */
function longestFitting(
  { blocks, contextLength }: MemoryNeeds,
  rooms: readonly Heap[],
): number | undefined {
  const most = Math.ceil(contextLength / LENGTH_STEP) - 1;
  for (let step = most; step > 0; step--) {
    const length = step * LENGTH_STEP;
    const share = length / contextLength;
    const smaller = blocks.map(({ bytes, kvBytes = 0 }) =>
      Math.ceil(bytes - kvBytes * (1 - share)),
    );
    if (placeBlocks(smaller, rooms).isWhole) return length;
  }
  return undefined;
}
