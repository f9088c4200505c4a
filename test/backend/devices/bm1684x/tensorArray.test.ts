import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import { cString, partOf, TensorArray } from '../../../../backend/devices/bm1684x/tensorArray.ts';
import { portOf } from '../../../support/cardNets.ts';

const memory = (device_addr: number, size: number) => ({
  ...{ device_addr, size, reserved: 0, dmabuf_fd: 0, flags: 0 },
});

const decode = (array: TensorArray) =>
  koffi.decode(array.bytes, koffi.array('bm_tensor_t', array.count)) as {
    dtype: number;
    shape: { num_dims: number; dims: Int32Array };
    device_mem: Record<string, number>;
    st_mode: number;
  }[];

describe('arguments of a launch', () => {
  const states = portOf('states', 'bf16', [[1, 64, 128]]);
  const history = portOf('history', 'f16', [
    [1, 256, 2, 32],
    [1, 128, 2, 32],
  ]);

  it('are what koffi makes of the same structures', () => {
    const array = new TensorArray(
      [
        { port: states, memory: memory(0x1_0510_0000, 16_384) },
        { port: history, memory: memory(4096, 16_384) },
      ],
      0,
    );
    const [first, second] = decode(array);
    expect(first).toMatchObject({ dtype: 8, shape: { num_dims: 3 }, st_mode: 0 });
    expect([...first!.shape.dims]).toEqual([1, 64, 128, 0, 0, 0, 0, 0]);
    expect(first!.device_mem).toMatchObject({ device_addr: 0x1_0510_0000, size: 16_384 });
    expect(second).toMatchObject({ dtype: 1, shape: { num_dims: 4 } });
  });

  it('take the shapes of a stage, and others in place', () => {
    const array = new TensorArray([{ port: history, memory: memory(0, 0) }], 1);
    expect([...decode(array)[0]!.shape.dims.slice(0, 4)]).toEqual([1, 128, 2, 32]);
    array.setDimension(0, 1, 77);
    array.setMemory(0, 2 ** 40 + 5, 99);
    const [tensor] = decode(array);
    expect([...tensor!.shape.dims.slice(0, 4)]).toEqual([1, 77, 2, 32]);
    expect(tensor!.device_mem).toMatchObject({ device_addr: 2 ** 40 + 5, size: 99 });
  });
});

it('ends a name with NUL', () => {
  expect([...cString('ab')]).toEqual([97, 98, 0]);
});

it('takes a part of a piece of memory', () => {
  expect(partOf(memory(1000, 500), 100, 50)).toMatchObject({ device_addr: 1100, size: 50 });
});
