/** What would make a model fit the chip: each change alone, tried with the same arithmetic. */
import { hasWholeGroups, weightBits, type Build } from './build.ts';
import type { Heap } from './heaps.ts';
import { memoryBlocks, place } from './memory.ts';
import type { ModelShape } from './modelShape.ts';

/** Lengths are tried in steps of this. */
const STEP = 64;
/** Below this a model can neither chat nor complete. */
const SHORTEST = 256;
/** What the compiler shares a model between. */
const deviceCounts = [2, 4, 8] as const;

/** The longest sequence length whose upper bound fits; undefined when not even a short one does. */
export function longestSequence(
  shape: ModelShape,
  build: Build,
  heaps: readonly Heap[],
): number | undefined {
  const fitsAt = (steps: number): boolean => fits(shape, withLength(build, steps * STEP), heaps);
  let least = Math.ceil(Math.min(SHORTEST, shape.contextLength) / STEP);
  let most = Math.floor(shape.contextLength / STEP);
  if (most < least || !fitsAt(least)) return undefined;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (fitsAt(middle)) least = middle;
    else most = middle - 1;
  }
  return least * STEP;
}

/**
 * Changes by command-line option, each of which alone makes the upper bound fit; a last resort if
 * none.
 * @param longest what `longestSequence` gives
 */
export function findRemedies(
  shape: ModelShape,
  build: Build,
  heaps: readonly Heap[],
  longest: number | undefined,
): string[] {
  const remedies: string[] = [];
  if (longest !== undefined) remedies.push(`--seq-length ${longest}`);
  for (let slots = build.slots - 1; slots >= 1; slots--) {
    if (!fits(shape, { ...build, slots }, heaps)) continue;
    remedies.push(`--slots ${slots}`);
    break;
  }
  const smaller = smallerWeights(shape, build, heaps);
  if (smaller !== undefined) remedies.push(smaller);
  if (!build.isEmbeddingOnDisk && fits(shape, { ...build, isEmbeddingOnDisk: true }, heaps)) {
    remedies.push('--embedding-disk');
  }
  const devices = deviceCounts.find(
    (count) => count > build.devices && fits(shape, { ...build, devices: count }, heaps),
  );
  if (devices !== undefined) remedies.push(`--num-device ${devices}`);
  return remedies.length > 0 ? remedies : ['a smaller model'];
}

/** The most bits of a weight that fit; with 4, at a shorter length if they must. */
function smallerWeights(
  shape: ModelShape,
  build: Build,
  heaps: readonly Heap[],
): string | undefined {
  for (const quantization of ['w8bf16', 'w4bf16'] as const) {
    if (weightBits(quantization) >= weightBits(build.quantization)) continue;
    const smaller = { ...build, quantization };
    if (!hasWholeGroups(shape, smaller)) continue;
    const option = `--quantize ${quantization}`;
    if (fits(shape, smaller, heaps)) return option;
    const longest = longestSequence(shape, smaller, heaps);
    if (longest !== undefined && quantization === 'w4bf16') {
      return `${option} --seq-length ${longest}`;
    }
  }
  return undefined;
}

function fits(shape: ModelShape, build: Build, heaps: readonly Heap[]): boolean {
  return place(memoryBlocks(shape, build), 'high', heaps).isWhole;
}

function withLength(build: Build, sequenceLength: number): Build {
  const scale = (length: number): number =>
    Math.ceil((length / build.sequenceLength) * sequenceLength);
  return {
    ...build,
    sequenceLength,
    chunkLength: scale(build.chunkLength),
    shortestDecode: scale(build.shortestDecode),
  };
}
