/** The memory of one BM1684X, and whether a set of blocks finds room in it. */

export interface Heap {
  readonly name: string;
  readonly bytes: number;
}

const MIB = 2 ** 20;

/**
 * What the PCIe driver leaves to models on a chip with 16 GB and no ECC, its own processor on (the
 * default): 16 GiB less what firmware, that processor and the video units keep.
 * Source: driver/bm1684/bm1684_gmem.c and bm1684_reg.h of sophgo/libsophon 0.5.1.
 */
export const chipHeaps: readonly Heap[] = [
  { name: 'heap 0', bytes: (8192 - 577) * MIB },
  { name: 'heap 1', bytes: (4096 - 1024 - 1) * MIB },
  { name: 'heap 2', bytes: (4096 - 103) * MIB },
];

/** Sizes in the runtime's bm_device_mem_t are unsigned 32-bit integers. */
const LARGEST_BLOCK = 2 ** 32 - 1;

export interface Placement {
  readonly usedBytes: readonly number[];
  /** False when a block found no room. */
  readonly isWhole: boolean;
}

/** Blocks are never split: each goes, largest first, to the first heap that has room for it. */
export function placeBlocks(blocks: readonly number[], heaps: readonly Heap[]): Placement {
  const used = heaps.map(() => 0);
  let isWhole = true;
  for (const block of blocks.toSorted((a, b) => b - a)) {
    const heap = heaps.findIndex(({ bytes }, n) => bytes - (used[n] ?? 0) >= block);
    if (heap < 0 || block > LARGEST_BLOCK) isWhole = false;
    else used[heap] = (used[heap] ?? 0) + block;
  }
  return { usedBytes: used, isWhole };
}
