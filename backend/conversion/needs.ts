/** Room that a conversion takes on the disk and in memory while it runs, in bytes. Pure. */
import { bytesPerWeight, DEFAULT_GROUP } from '../prediction/build.ts';
import { layerParameters, parameters, tableParameters } from '../prediction/modelShape.ts';
import type { ModelShape } from '../prediction/modelShape.ts';
import type { ChosenOptions } from './options.ts';
import { countSubModels } from './nets.ts';

const FLOAT_BYTES = 4;
const HALF_BYTES = 2;
/** Each net's own file has the program of the chip's processor: 5.6 MB. */
const NET_BYTES = 7e6;
/** Python, its libraries and the compiler itself. */
const PROCESS_BYTES = 0.4e9;
/**
 * A net's weights are in memory several times: as 32-bit floats, lowered, and as they are written.
 * tpu-mlir 1.30.2 reaches 3.4 times the floats of a table of 151,936 rows.
 */
const COPIES = 4;

/** For the work folder, the result in it included; `isImported` for a model unpacked from a GGUF. */
export function diskNeed(shape: ModelShape, options: ChosenOptions, isImported: boolean): number {
  const tables = tableParameters(shape);
  const layers = shape.layers * layerParameters(shape);
  const floats = FLOAT_BYTES * (layers + 2 * tables);
  const build = { ...options, groupSize: options.groupSize ?? DEFAULT_GROUP };
  const layer = bytesPerWeight(build) * layers;
  const nets = options.hasPrefixReuse ? 3 : 2;
  // Each net has its weights, then all of them are combined to one file that has them once.
  const compiled = (nets + 1) * layer + 4 * HALF_BYTES * tables;
  const working = 2 * COPIES * FLOAT_BYTES * Math.max(tables, layerParameters(shape));
  const imported = isImported ? HALF_BYTES * parameters(shape) : 0;
  return Math.ceil(
    imported + floats + compiled + working + NET_BYTES * countSubModels(shape, options),
  );
}

/** For one of its compilations, the largest. */
export function memoryNeed(shape: ModelShape): number {
  const largest = Math.max(tableParameters(shape), layerParameters(shape));
  return Math.ceil(PROCESS_BYTES + COPIES * FLOAT_BYTES * largest);
}

/** Compilations at once: as many as there are processors and as find room. */
export function workersFor(processors: number, freeMemory: number, need: number): number {
  return Math.max(1, Math.min(Math.floor(processors), MOST_WORKERS, Math.floor(freeMemory / need)));
}

export const MOST_WORKERS = 8;
