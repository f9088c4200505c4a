/** Compares the weights in a bmodel with the sha256 that its compiler wrote beside each. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Bmodel } from './bmodel.ts';
import { FormatError } from './fileCursor.ts';

/** What the check could say, in bytes of weights. */
export interface WeightCheck {
  readonly checkedBytes: number;
  /** Encrypted, or from a compiler that wrote no sha256. */
  readonly uncheckedBytes: number;
}

/**
 * Reads all weights once: some seconds for each GB.
 * @throws FormatError naming the first net whose weights differ; the signal's reason
 */
export async function checkWeights(
  path: string,
  { weights, dataOffset }: Pick<Bmodel, 'weights' | 'dataOffset'>,
  signal?: AbortSignal,
): Promise<WeightCheck> {
  let checkedBytes = 0;
  let uncheckedBytes = 0;
  for (const { net, start, size, sha256, isEncrypted } of weights) {
    if (size === 0 || sha256 === undefined || isEncrypted) {
      uncheckedBytes += size;
      continue;
    }
    const from = dataOffset + start;
    const hash = createHash('sha256');
    const range = { start: from, end: from + size - 1, ...(signal && { signal }) };
    await pipeline(createReadStream(path, range), hash);
    if (hash.digest('hex') !== sha256) {
      throw new FormatError(`the weights of net "${net}" are damaged: their sha256 is another`);
    }
    checkedBytes += size;
  }
  return { checkedBytes, uncheckedBytes };
}
