/** The nets of a loaded bmodel as plain data, from what the runtime tells of them. */
import { DeviceError } from '../device.ts';
import {
  decodeArray,
  decodeStruct,
  dtypes,
  type DeviceMemory,
  type Dtype,
  type Pointer,
} from './types.ts';

/** An input or output. Shapes in elements, of each stage; a dynamic net takes up to the first. */
export interface Port {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shapes: readonly (readonly number[])[];
  /** Where the compiler has put it, in each stage. */
  readonly memories: readonly DeviceMemory[];
}

export interface NetInfo {
  readonly name: string;
  readonly isDynamic: boolean;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

const dtypeBytes: Readonly<Record<Dtype, number>> = {
  ...{ f32: 4, i32: 4, u32: 4 },
  ...{ f16: 2, bf16: 2, i16: 2, u16: 2 },
  ...{ i8: 1, u8: 1 },
};

/** Bytes of one element. */
export function elementBytes({ dtype }: Pick<Port, 'dtype'>): number {
  return dtypeBytes[dtype];
}

/** Bytes of a tensor of the port's data type. */
export function tensorBytes(port: Pick<Port, 'dtype'>, shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, elementBytes(port));
}

/** Bytes of the port in a stage. */
export function portBytes(port: Port, stage = 0): number {
  return tensorBytes(port, shapeOf(port, stage));
}

/** Bytes that hold the port in every stage. */
export function largestBytes(port: Port): number {
  return Math.max(...port.shapes.map((shape) => tensorBytes(port, shape)));
}

/** @throws RangeError when there is no such stage */
export function shapeOf({ name, shapes }: Port, stage = 0): readonly number[] {
  const shape = shapes[stage];
  if (shape === undefined) throw new RangeError(`${name} has no stage ${stage}.`);
  return shape;
}

/** @throws RangeError when there is no such stage */
export function memoryOf({ name, memories }: Port, stage = 0): DeviceMemory {
  const memory = memories[stage];
  if (memory === undefined) throw new RangeError(`${name} has no stage ${stage}.`);
  return memory;
}

/**
 * @param pointer of a bm_net_info_t
 * @throws DeviceError unsupportedModel for a data type that is not known
 */
export function readNetInfo(pointer: Pointer): NetInfo {
  const info = decodeStruct(pointer, 'bm_net_info_t') as Record<string, number | bigint | null>;
  const count = (name: string): number => Number(info[name] ?? 0);
  const name = String(info['name']);
  const stages = decodeArray(info['stages'], 'bm_stage_info_t', count('stage_num')) as Record<
    string,
    Pointer
  >[];
  const ports = (side: 'input' | 'output'): Port[] => {
    const length = count(`${side}_num`);
    const names = decodeArray(info[`${side}_names`], 'const char *', length) as string[];
    const codes = decodeArray(info[`${side}_dtypes`], 'int', length) as number[];
    const shapes = stages.map(
      (stage) =>
        decodeArray(stage[`${side}_shapes`], 'bm_shape_t', length) as {
          num_dims: number;
          dims: ArrayLike<number>;
        }[],
    );
    const memories = stages.map(
      (stage) => decodeArray(stage[`${side}_mems`], 'bm_device_mem_t', length) as DeviceMemory[],
    );
    return names.map((port, n) => ({
      name: port,
      dtype: dtypeOf(codes[n] ?? -1, `${name}, ${port}`),
      shapes: shapes.map((all) => Array.from(all[n]?.dims ?? []).slice(0, all[n]?.num_dims)),
      memories: memories.flatMap((all) => all[n] ?? []),
    }));
  };
  return {
    name,
    isDynamic: Boolean(info['is_dynamic']),
    inputs: ports('input'),
    outputs: ports('output'),
  };
}

function dtypeOf(code: number, what: string): Dtype {
  const dtype = dtypes[code];
  if (dtype !== undefined) return dtype;
  throw new DeviceError('unsupportedModel', `${what} has the data type ${code}.`);
}
