/**
 * The nets of a bmodel: what they take and give, and where in the file their parts lie.
 * Field ids: `bmodel.fbs` of sophgo/tpu-mlir (include/tpu_mlir/Builder/BM168x), version 2.2.
 */
import { FormatError } from './fileCursor.ts';
import type { FlatTable } from './flatTable.ts';
import { toPlainText } from './plainText.ts';

/** A part of the file. `start` counts from the end of the description; both in bytes. */
interface Segment {
  readonly start: number;
  readonly size: number;
}

/** Says of a segment that it is inside the file. @throws FormatError naming what is outside */
export type CheckSegment = (segment: Segment, what: string) => Segment;

export interface BmodelTensor {
  readonly name: string;
  readonly dtype: string;
  /** In elements. A dynamic net takes any shape up to this one. */
  readonly shape: readonly number[];
}

/** Constants of one stage, which the runtime stores once for all stages with the same sha256. */
export interface BmodelWeights extends Segment {
  /** In hex; absent in files of the first compilers. */
  readonly sha256: string | undefined;
  readonly isEncrypted: boolean;
}

/** One compiled shape of a net. Sizes in bytes of device memory. */
interface BmodelStage {
  readonly isDynamic: boolean;
  readonly inputs: readonly BmodelTensor[];
  readonly outputs: readonly BmodelTensor[];
  readonly weights: BmodelWeights | undefined;
  readonly instructionBytes: number;
  /** Activations; nets that run one after another share the memory. */
  readonly neuronBytes: number;
  /** Inputs and outputs that keep their contents between launches, such as a KV cache. */
  readonly ioBytes: number;
  readonly cores: number;
}

export interface BmodelNet {
  readonly name: string;
  readonly addressMode: string;
  /** The chip of several that runs it. */
  readonly device: number;
  readonly stages: readonly BmodelStage[];
}

/** bm_data_type_t of bmdef.h. */
const dtypes = ['f32', 'f16', 'i8', 'u8', 'i16', 'u16', 'i32', 'u32', 'bf16', 'i4', 'u4'] as const;
/** addr_mode_t of bmdef.h: how the runtime finds room for inputs and outputs. */
const addressModes = ['basic', 'io alone', 'io tag', 'io tag fuse', 'io relocatable'] as const;
/** BM_MAX_DIMS of bmdef.h. */
const MAX_DIMENSIONS = 8;
const SHA256_BYTES = 32;

/** @throws FormatError */
export function readNet(net: FlatTable, check: CheckSegment): BmodelNet {
  const name = toPlainText(net.requiredText(0));
  const what = `net "${name}"`;
  const parameters = net.tables(3);
  if (parameters.length === 0) throw new FormatError(`${what} has no stages`);
  const mode = net.i32(5);
  const addressMode = addressModes[mode];
  if (addressMode === undefined) throw new FormatError(`${what} has the address mode ${mode}`);
  return {
    name,
    addressMode,
    device: net.table(4)?.u32(0) ?? 0,
    stages: parameters.map((stage) => readStage(stage, what, check)),
  };
}

function readStage(stage: FlatTable, what: string, check: CheckSegment): BmodelStage {
  const weights = readWeights(stage.table(4), what, check);
  const inputs = stage.tables(0).map((tensor) => readTensor(tensor, what));
  const outputs = stage.tables(1).map((tensor) => readTensor(tensor, what));
  if (inputs.length === 0 || outputs.length === 0) {
    throw new FormatError(`${what} has no ${inputs.length === 0 ? 'inputs' : 'outputs'}`);
  }
  // Profile, statistics and names of tensors: for people, but they must be there as well.
  for (const field of [9, 15, 19]) checkPair(stage.pair(field), `${what}, notes`, check);
  const groups = stage.u64s(14);
  return {
    isDynamic: stage.i32(5) !== 0,
    inputs,
    outputs,
    weights,
    instructionBytes: instructionBytes(stage, what, check),
    neuronBytes: groups.length > 0 ? groups.reduce((sum, n) => sum + n, 0) : stage.u64(3),
    ioBytes: stage.u64(18),
    cores: Math.max(1, stage.u32(16)),
  };
}

function readTensor(tensor: FlatTable, what: string): BmodelTensor {
  const name = toPlainText(tensor.requiredText(0));
  const type = tensor.u32(1);
  const dtype = dtypes[type];
  if (dtype === undefined) throw new FormatError(`${what}: "${name}" has the data type ${type}`);
  const shape = tensor.tables(5)[0]?.u64s(0) ?? [];
  if (shape.length > MAX_DIMENSIONS) {
    throw new FormatError(`${what}: "${name}" has ${shape.length} dimensions`);
  }
  return { name, dtype, shape };
}

function readWeights(
  memory: FlatTable | undefined,
  what: string,
  check: CheckSegment,
): BmodelWeights | undefined {
  const segment = checkPair(memory?.pair(2), `the weights of ${what}`, check);
  if (!memory || !segment) return undefined;
  const code = memory.bytes(1);
  return {
    ...segment,
    sha256: code?.length === SHA256_BYTES ? code.toString('hex') : undefined,
    isEncrypted: memory.i32(4) !== 0,
  };
}

/** Commands of both engines and code for dynamic shapes; a part that is named twice counts once. */
function instructionBytes(stage: FlatTable, what: string, check: CheckSegment): number {
  const parts = new Map<number, number>();
  const add = (pair: [number, number] | undefined): void => {
    const segment = checkPair(pair, `the instructions of ${what}`, check);
    if (segment) parts.set(segment.start, Math.max(segment.size, parts.get(segment.start) ?? 0));
  };
  const addGroups = (groups: readonly FlatTable[]): void => {
    for (const group of groups) {
      add(group.pair(2));
      add(group.pair(3));
    }
  };
  add(stage.pair(11));
  addGroups(stage.tables(8));
  for (const subnet of stage.tables(12)) {
    addGroups(subnet.tables(1));
    for (const core of subnet.tables(14)) {
      addGroups(core.tables(0));
      for (const field of [1, 2, 3]) core.pairs(field).forEach(add);
    }
    for (const layer of subnet.tables(2)) {
      checkPair(layer.pair(1), `the host layers of ${what}`, check);
      for (const constant of layer.tables(2)) {
        checkPair(constant.pair(1), `the host layers of ${what}`, check);
      }
    }
  }
  return [...parts.values()].reduce((sum, size) => sum + size, 0);
}

function checkPair(
  pair: [number, number] | undefined,
  what: string,
  check: CheckSegment,
): Segment | undefined {
  return pair && check({ start: pair[0], size: pair[1] }, what);
}
