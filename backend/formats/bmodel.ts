/**
 * The description inside a bmodel, the compiled model of Sophgo's chips: 64 bytes of header, a
 * FlatBuffers table, then the parts it points to. Only the first two are read.
 * Header: MODEL_HEADER_T in `bmodel.hpp`, and the rest `bmodel.fbs`, of sophgo/tpu-mlir
 * (include/tpu_mlir/Builder/BM168x).
 */
import { open } from 'node:fs/promises';
import { readNet, type BmodelNet, type BmodelWeights, type CheckSegment } from './bmodelNet.ts';
import { FileCursor, FormatError } from './fileCursor.ts';
import { FlatTable } from './flatTable.ts';
import { BMODEL_MAGIC } from './isBmodel.ts';
import { toPlainText } from './plainText.ts';

/** The chip this program drives, as the compiler writes it. */
const CHIP = 'BM1684X';

export interface Bmodel {
  /** Of the format and the compiler, such as `B.2.2+v1.30.2`. */
  readonly version: string;
  /** When it was compiled, as the compiler wrote it. */
  readonly builtAt: string;
  readonly chip: string;
  /** Chips it runs on at once. */
  readonly devices: number;
  readonly nets: readonly BmodelNet[];
  /** The distinct weights of all stages, in the order of the nets. */
  readonly weights: readonly NamedWeights[];
  /** Offset in the file from which segments count, in bytes. */
  readonly dataOffset: number;
  readonly memory: BmodelMemory;
}

interface NamedWeights extends BmodelWeights {
  /** The first net that has them. */
  readonly net: string;
}

/** What the runtime will take of the device, in bytes, with its default of shared memory. */
interface BmodelMemory {
  readonly weights: number;
  readonly instructions: number;
  /** The largest net's, as nets share it. */
  readonly neuron: number;
  /** Of all nets, each with its largest stage. */
  readonly io: number;
  /** The program for the chip's own processor. */
  readonly kernel: number;
}

/** The model is sound, but for a chip that is not there. */
export class ChipError extends FormatError {
  constructor(readonly chip: string) {
    super(`it is built for the chip ${chip}, not for the ${CHIP}`);
  }
}

const HEADER_BYTES = 64;
/** The description of a large language model has some MB. */
const MAX_DESCRIPTION_BYTES = 256 * 1024 * 1024;

/** @throws FormatError when it is no bmodel or not a whole one; ChipError */
export async function readBmodel(path: string): Promise<Bmodel> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    return await readFrom(new FileCursor(file, size));
  } finally {
    await file.close();
  }
}

async function readFrom(cursor: FileCursor): Promise<Bmodel> {
  if (cursor.size < HEADER_BYTES) throw new FormatError(`it has only ${cursor.size} bytes`);
  await cursor.fill(HEADER_BYTES);
  if (cursor.u32() !== BMODEL_MAGIC) throw new FormatError('it does not begin as a bmodel does');
  const headerBytes = cursor.u32();
  if (headerBytes !== HEADER_BYTES) {
    throw new FormatError(`it has a header of ${headerBytes} bytes; ${HEADER_BYTES} are known`);
  }
  const descriptionBytes = cursor.u32();
  // Older compilers kept the low half only, so a file may hold more than this says.
  const dataBytes = cursor.u64();
  const neededBytes = HEADER_BYTES + descriptionBytes + dataBytes;
  if (neededBytes > cursor.size) {
    throw new FormatError(`it is cut short: it has ${cursor.size} of ${neededBytes} bytes`);
  }
  if (descriptionBytes > MAX_DESCRIPTION_BYTES) {
    throw new FormatError(`it describes its nets in ${descriptionBytes} bytes`);
  }
  cursor.skip(HEADER_BYTES - cursor.position);
  await cursor.fill(descriptionBytes);
  const root = FlatTable.root(cursor.bytes(descriptionBytes));
  return describe(root, cursor.position, cursor.remaining);
}

function describe(model: FlatTable, dataOffset: number, dataBytes: number): Bmodel {
  const chip = toPlainText(model.requiredText(3));
  if (chip.toUpperCase() !== CHIP) throw new ChipError(chip);
  const check: CheckSegment = (segment, what) => {
    if (segment.start + segment.size <= dataBytes) return segment;
    throw new FormatError(`it is cut short: ${what} is not inside the file`);
  };
  const nets = model.tables(4).map((net) => readNet(net, check));
  if (nets.length === 0) throw new FormatError('it has no nets');
  const kernel = sizeOf(model.table(6)?.pair(1), 'its kernel module', check);
  sizeOf(model.table(8)?.pair(1), 'its module for host layers', check);
  sizeOf(model.pair(10), 'its library for the chip', check);
  const weights = distinctWeights(nets);
  return {
    version: toPlainText(`${model.requiredText(0)}.${model.requiredText(1)}`),
    builtAt: toPlainText(model.requiredText(2)).trim(),
    chip,
    devices: Math.max(1, model.u32(7)),
    nets,
    weights,
    dataOffset,
    memory: { ...memoryOf(nets), weights: sum(weights.map(({ size }) => size)), kernel },
  };
}

function sizeOf(pair: [number, number] | undefined, what: string, check: CheckSegment): number {
  return pair ? check({ start: pair[0], size: pair[1] }, what).size : 0;
}

/** Weights are the same when their sha256 is; without one, when they lie in the same place. */
function distinctWeights(nets: readonly BmodelNet[]): NamedWeights[] {
  const found = new Map<string, NamedWeights>();
  for (const { name, stages } of nets) {
    for (const { weights } of stages) {
      if (!weights) continue;
      const key = `${weights.size} ${weights.sha256 ?? `at ${weights.start}`}`;
      if (!found.has(key)) found.set(key, { ...weights, net: name });
    }
  }
  return [...found.values()];
}

function memoryOf(
  nets: readonly BmodelNet[],
): Pick<BmodelMemory, 'instructions' | 'neuron' | 'io'> {
  const stages = nets.flatMap((net) => net.stages);
  return {
    instructions: sum(stages.map(({ instructionBytes }) => instructionBytes)),
    neuron: largest(stages.map(({ neuronBytes }) => neuronBytes)),
    io: sum(nets.map((net) => largest(net.stages.map(({ ioBytes }) => ioBytes)))),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

function largest(numbers: readonly number[]): number {
  return numbers.reduce((most, n) => Math.max(most, n), 0);
}
