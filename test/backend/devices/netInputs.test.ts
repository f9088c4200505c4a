import { describe, expect, it } from 'vitest';
import type { DeviceNet, HostTensor } from '../../../backend/devices/device.ts';
import { stageForInputs } from '../../../backend/devices/netInputs.ts';

const port = (name: string, dtype: string, bytes: number, ...shapes: number[][]) => {
  const largest = Math.max(...shapes.map((shape) => shape.reduce((a, b) => a * b, bytes)));
  return { name, dtype, shapes, bytes: largest };
};

/** A decode net of two lengths, as the compiler makes them. */
const decode: DeviceNet = {
  name: 'block_cache_0',
  isDynamic: false,
  inputs: [
    port('states', 'bf16', 2, [1, 1, 8], [1, 1, 8]),
    port('history_k', 'bf16', 2, [1, 64, 2, 4], [1, 16, 2, 4]),
  ],
  outputs: [],
};
const prefill: DeviceNet = {
  name: 'block_0',
  isDynamic: true,
  inputs: [port('states', 'f32', 4, [1, 16, 8])],
  outputs: [],
};

const tensor = (bytes: number, ...shape: number[]): HostTensor => ({
  shape,
  data: new Uint8Array(shape.reduce((a, b) => a * b, bytes)),
});
const state = tensor(2, 1, 1, 8);

describe('stageForInputs', () => {
  it('takes the stage of the shapes', () => {
    expect(stageForInputs(decode, [state, tensor(2, 1, 64, 2, 4)])).toBe(0);
    expect(stageForInputs(decode, [state, tensor(2, 1, 16, 2, 4)])).toBe(1);
  });

  it('takes less of a dynamic net than it was compiled for', () => {
    expect(stageForInputs(prefill, [tensor(4, 1, 5, 8)])).toBe(0);
  });

  it.each([
    ['another number', decode, [state], 'block_cache_0 has 2 inputs, not 1.'],
    [
      'another length of a static net',
      decode,
      [state, tensor(2, 1, 15, 2, 4)],
      'block_cache_0 takes history_k as [1, 64, 2, 4] bf16, not as [1, 15, 2, 4] of 240 bytes.',
    ],
    ['more than compiled for', prefill, [tensor(4, 1, 17, 8)], 'not as [1, 17, 8] of 544 bytes.'],
    ['another rank', prefill, [tensor(4, 5, 8)], 'not as [5, 8] of 160 bytes.'],
    ['another data type', prefill, [tensor(2, 1, 5, 8)], 'as [1, 16, 8] f32, not as'],
  ])('refuses %s', (_what, net, inputs, message) => {
    expect(() => stageForInputs(net, inputs)).toThrow(message);
  });
});
