import { describe, expect, it } from 'vitest';
import { checkMemory } from '../../../../backend/devices/bm1684x/memoryBlocks.ts';

const heaps = [
  { name: 'heap 0', availableBytes: 100 },
  { name: 'heap 1', availableBytes: 60 },
];

describe('the memory of a model', () => {
  it.each([
    ['fits in one heap', [50, 50]],
    ['fits in both', [90, 50]],
    ['is nothing', []],
  ])('%s', (_, blocks) => {
    expect(() => checkMemory(blocks, heaps)).not.toThrow();
  });

  it('is not checked where the device does not tell', () => {
    expect(() => checkMemory([1e12], [])).not.toThrow();
  });

  it('is more than all heaps have', () => {
    expect(() => checkMemory([90, 90], heaps)).toThrow(
      expect.objectContaining({
        code: 'noMemory',
        shortage: { heap: 'all heaps', neededBytes: 180, availableBytes: 160 },
      }) as Error,
    );
  });

  it('does not fit piece by piece', () => {
    expect(() => checkMemory([80, 70], heaps)).toThrow(
      expect.objectContaining({
        code: 'noMemory',
        shortage: { heap: 'heap 0', neededBytes: 80, availableBytes: 100 },
      }) as Error,
    );
  });
});
