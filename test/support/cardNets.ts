/** Nets of a small language model as the card's runtime describes them, for tests without it. */
import type { NetInfo, Port } from '../../backend/devices/bm1684x/netInfo.ts';
import type { DeviceMemory, Dtype } from '../../backend/devices/bm1684x/types.ts';

export interface FakeShape {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly contextLength: number;
  readonly chunkLength: number;
}

interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
}

const VOCABULARY = 512;
const KV_WIDTH = 32;

let nextAddress = 4096;

/** A port in memory of its own. */
export function portOf(name: string, dtype: Dtype, shapes: readonly (readonly number[])[]): Port {
  const size = 4 * (shapes[0] ?? []).reduce((product, n) => product * n, 1);
  const device_addr = nextAddress;
  nextAddress += size + 4096;
  const memory: DeviceMemory = { device_addr, size, reserved: 0, dmabuf_fd: 0, flags: 0 };
  return { name, dtype, shapes, memories: shapes.map(() => memory) };
}

/** By name, and changeable. */
export class FakeNets extends Map<string, NetInfo> {
  /** Replaces the first input or output of a net. */
  change(name: string, { input, output }: { input?: Tensor; output?: Tensor }): void {
    const net = this.get(name);
    if (net === undefined) throw new Error(`There is no ${name}.`);
    const replaced = (ports: readonly Port[], tensor: Tensor | undefined): readonly Port[] =>
      tensor === undefined
        ? ports
        : [portOf('changed', tensor.dtype, [tensor.shape]), ...ports.slice(1)];
    this.set(name, {
      ...net,
      inputs: replaced(net.inputs, input),
      outputs: replaced(net.outputs, output),
    });
  }

  /** Lets a prefill net take a shorter history than the decode nets do. */
  shortenHistory(name: string, length: number): void {
    const net = this.get(name);
    if (net === undefined) throw new Error(`There is no ${name}.`);
    const inputs = net.inputs.map((port) =>
      port.name.startsWith('history_')
        ? portOf(port.name, port.dtype, [[1, length, 1, KV_WIDTH]])
        : port,
    );
    this.set(name, { ...net, inputs });
  }

  rename(from: string, to: string): void {
    const net = this.get(from);
    if (net === undefined) throw new Error(`There is no ${from}.`);
    this.delete(from);
    this.set(to, { ...net, name: to });
  }
}

/** Of a dynamic build with prefix reuse, two decode stages, logits and the embedding in nets. */
export function netsOf({ layers, hiddenSize, contextLength, chunkLength }: FakeShape): FakeNets {
  const nets = new FakeNets();
  const add = (name: string, isDynamic: boolean, inputs: Port[], outputs: Port[]): void => {
    nets.set(name, { name, isDynamic, inputs, outputs });
  };
  const states = (rows: number): Port => portOf('states', 'bf16', [[1, rows, hiddenSize]]);
  const kv = (name: string, ...lengths: number[]): Port =>
    portOf(
      name,
      'bf16',
      lengths.map((length) => [1, length, 1, KV_WIDTH]),
    );
  const ids = (rows: number): Port => portOf('ids', 'i32', [[1, rows]]);
  add('embedding', false, [ids(chunkLength)], [states(chunkLength)]);
  add('embedding_cache', false, [ids(1)], [states(1)]);
  add(
    'lm_head',
    false,
    [portOf('hidden', 'bf16', [[1, hiddenSize]])],
    [portOf('logits', 'f32', [[1, VOCABULARY]])],
  );
  const lengths = [contextLength, contextLength / 2];
  for (let layer = 0; layer < layers; layer++) {
    const chunk = (): Port[] => [states(chunkLength), ids(chunkLength)];
    const outputs = (rows: number): Port[] => [states(rows), kv('k', rows), kv('v', rows)];
    add(`block_${layer}`, true, chunk(), outputs(chunkLength));
    const history = [kv('history_k', contextLength), kv('history_v', contextLength)];
    add(`block_kv_${layer}`, true, [...chunk(), ...history], outputs(chunkLength));
    const mask = portOf(
      'mask',
      'bf16',
      lengths.map((length) => [1, 1, 1, length + 1]),
    );
    const each = (port: Port): Port =>
      portOf(
        port.name,
        port.dtype,
        lengths.flatMap(() => port.shapes),
      );
    const one = [
      each(states(1)),
      each(ids(1)),
      mask,
      kv('history_k', ...lengths),
      kv('history_v', ...lengths),
    ];
    add(`block_cache_${layer}`, false, one, outputs(1).map(each));
  }
  return nets;
}
