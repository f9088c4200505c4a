import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkMemory, memoryNeeds } from '../../../../backend/devices/bm1684x/memoryBlocks.ts';
import { readBmodel } from '../../../../backend/formats/bmodel.ts';
import { buildBmodel } from '../../../support/bmodelFile.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const heaps = [
  { name: 'heap 0', availableBytes: 100 },
  { name: 'heap 1', availableBytes: 60 },
];

const needing = (...sizes: number[]) => ({
  blocks: sizes.map((bytes) => ({ bytes })),
  contextLength: 0,
});
const shortOf = (shortage: object): Error =>
  expect.objectContaining({ code: 'noMemory', shortage }) as Error;

describe('the memory of a model', () => {
  it('is read from its file', async () => {
    const file = path.join(await temporaryFolder(), 'model.bmodel');
    await writeFile(file, buildBmodel());
    const { blocks, contextLength } = memoryNeeds(await readBmodel(file));
    expect(contextLength).toBe(64);
    // Two stages of 64 and 32 tokens, of 2 x 32 elements of 16 bits each.
    expect(blocks).toContainEqual({ bytes: 64 * 256, kvBytes: 64 * 128 });
  });

  it.each([
    ['fits in one heap', [50, 50]],
    ['fits in both', [90, 50]],
    ['is nothing', []],
  ])('%s', (_, sizes) => {
    expect(() => checkMemory(needing(...sizes), heaps)).not.toThrow();
  });

  it('is not checked where the device does not tell', () => {
    expect(() => checkMemory(needing(1e12), [])).not.toThrow();
  });

  it('is more than all heaps have', () => {
    expect(() => checkMemory(needing(90, 90), heaps)).toThrow(
      shortOf({ heap: 'heap 0 and heap 1', neededBytes: 180, availableBytes: 160 }),
    );
  });

  it('does not fit piece by piece', () => {
    expect(() => checkMemory(needing(80, 70), heaps)).toThrow(
      shortOf({ heap: 'heap 0', neededBytes: 80, availableBytes: 100 }),
    );
  });

  it('would fit with a shorter context', () => {
    // Weights of 90, and a KV cache that has 60 for itself.
    const needs = (kvBytes: number) => ({
      blocks: [{ bytes: 90 }, { bytes: kvBytes + 10, kvBytes }],
      contextLength: 2048,
    });
    const shortage = { heap: 'heap 0 and heap 1', neededBytes: 180, availableBytes: 160 };
    // 10 and 5/8 of 80 are 60.
    expect(() => checkMemory(needs(80), heaps)).toThrow(
      shortOf({ ...shortage, convertedFor: 1280 }),
    );
    // The eighth of 2048 tokens, which is the least, would still take 110.
    expect(() => checkMemory(needs(800), heaps)).toThrow(
      shortOf({ ...shortage, neededBytes: 900 }),
    );
  });
});
