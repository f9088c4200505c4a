import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  bytesRead,
  loadedFraction,
  watchLoad,
} from '../../../../backend/devices/bm1684x/loadProgress.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

/** A load that is done when told, and looks at what was read as often as told. */
function watched(counts: (number | undefined)[]) {
  const fractions: number[] = [];
  let finish!: (result: string) => void;
  let fail!: (error: Error) => void;
  let tick: (() => void) | undefined;
  const loading = watchLoad(
    () => new Promise<string>((resolve, reject) => ([finish, fail] = [resolve, reject])),
    {
      fileBytes: 1000,
      onProgress: (fraction) => fractions.push(fraction),
      read: () => Promise.resolve(counts.shift()),
      every: (_, task) => {
        tick = task;
        return () => (tick = undefined);
      },
    },
  );
  return {
    ...{ loading, fractions },
    finish: () => finish('loaded'),
    fail: () => fail(new Error('no memory')),
    isWatched: () => tick !== undefined,
    look: async () => {
      tick?.();
      await Promise.resolve().then(() => undefined);
    },
    begun: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('loaded fraction', () => {
  it('goes by the bytes read, from a tenth on, and ends below 1', () => {
    expect(loadedFraction(0, 1000)).toBe(0.1);
    expect(loadedFraction(500, 1000)).toBeCloseTo(0.55);
    expect(loadedFraction(1000, 1000)).toBe(0.99);
    expect(loadedFraction(5000, 1000)).toBe(0.99);
  });

  it('is the beginning where nothing can be said', () => {
    expect(loadedFraction(-5, 1000)).toBe(0.1);
    expect(loadedFraction(5, 0)).toBe(0.1);
  });
});

describe('watching a load', () => {
  it('tells what is read, when there is more of it', async () => {
    const load = watched([70, 570, 570, 400, 870]);
    await load.begun();
    for (let look = 0; look < 4; look++) await load.look();
    expect(load.fractions.map((fraction) => fraction.toFixed(2))).toEqual(['0.55', '0.82']);
    load.finish();
    expect(await load.loading).toBe('loaded');
    expect(load.isWatched()).toBe(false);
  });

  it('tells nothing that comes after the end', async () => {
    const load = watched([0, 500]);
    await load.begun();
    load.finish();
    void load.look();
    await load.loading;
    await load.begun();
    expect(load.fractions.filter((fraction) => fraction > 0.6)).toEqual([]);
    expect(load.isWatched()).toBe(false);
  });

  it('ends with a load that fails', async () => {
    const load = watched([0]);
    await load.begun();
    load.fail();
    await expect(load.loading).rejects.toThrow('no memory');
    expect(load.isWatched()).toBe(false);
  });

  it('is not done where the system does not count', async () => {
    const load = watched([undefined]);
    await load.begun();
    expect(load.isWatched()).toBe(false);
    load.finish();
    expect(await load.loading).toBe('loaded');
    expect(load.fractions).toEqual([]);
  });
});

describe('bytes read', () => {
  it.runIf(process.platform === 'linux')('count what this process reads', async () => {
    const file = path.join(await temporaryFolder(), 'large');
    await writeFile(file, new Uint8Array(3_000_000));
    const before = (await bytesRead())!;
    await readFile(file);
    const read = (await bytesRead())! - before;
    expect(read).toBeGreaterThanOrEqual(3_000_000);
  });

  it('are not known without the file, or when it says something else', async () => {
    const folder = await temporaryFolder();
    expect(await bytesRead(path.join(folder, 'none'))).toBeUndefined();
    const other = path.join(folder, 'io');
    await writeFile(other, 'wchar: 12\n');
    expect(await bytesRead(other)).toBeUndefined();
  });
});
