/** The nets of a bmodel of any kind, launched one by one from and to the host. */
import { DeviceError, type DeviceNet, type HostTensor, type NetPort } from '../device.ts';
import type { Chip } from './chip.ts';
import { DeviceArena } from './deviceArena.ts';
import { checkMemory, type MemoryNeeds } from './memoryBlocks.ts';
import { largestBytes, memoryOf, tensorBytes, type NetInfo, type Port } from './netInfo.ts';
import { Runtime } from './runtime.ts';
import { cString, TensorArray } from './tensorArray.ts';
import type { DeviceMemory } from './types.ts';

export interface NetRunnerOptions {
  readonly chip: Chip;
  readonly file: string;
  /** What the runtime will take. */
  readonly needs: MemoryNeeds;
  /** Of its nets. */
  readonly names: readonly string[];
}

/** NaN in all floating types: what a net leaves of its outputs is seen. */
const UNWRITTEN = 0xff;

export class NetRunner {
  readonly #chip: Chip;
  readonly #runtime: Runtime;
  readonly #nets: ReadonlyMap<string, NetInfo>;

  /** @throws DeviceError invalidModel, unsupportedModel, libraryTooOld, noMemory, lost */
  constructor({ chip, file, needs, names }: NetRunnerOptions) {
    this.#chip = chip;
    checkMemory(needs, chip.heaps());
    this.#runtime = Runtime.load(chip, file);
    try {
      this.#nets = new Map(names.map((name) => [name, this.#infoOf(name)]));
    } catch (error) {
      this.#runtime.destroy();
      throw error;
    }
  }

  get nets(): DeviceNet[] {
    return [...this.#nets.values()].map(({ name, isDynamic, inputs, outputs }) => ({
      ...{ name, isDynamic },
      inputs: inputs.map(described),
      outputs: outputs.map(described),
    }));
  }

  /** As `LoadedNets.run`, with inputs that fit the stage. */
  run(name: string, stage: number, inputs: readonly HostTensor[]): HostTensor[] {
    const net = this.#nets.get(name);
    if (net === undefined) throw new RangeError(`There is no net ${name}.`);
    const arena = new DeviceArena(this.#chip);
    try {
      const given = this.#fillInputs(net, stage, inputs);
      const results = net.outputs.map((port) => {
        const memory = arena.allocateOne(largestBytes(port), port.name);
        this.#chip.fill(memory, UNWRITTEN);
        return { port, memory };
      });
      const outputs = new TensorArray(results, stage);
      this.#runtime.launch({ net: name, name: cString(name), inputs: given, outputs });
      return results.map(({ port, memory }, n) => this.#read(port, memory, outputs.shape(n)));
    } finally {
      arena.free();
    }
  }

  free(): void {
    this.#runtime.destroy();
  }

  #infoOf(name: string): NetInfo {
    const net = this.#runtime.net(name);
    if (net !== undefined) return net;
    throw new DeviceError('invalidModel', `The runtime knows of no net ${name} in it.`);
  }

  /**
   * Into the net's own buffers: `block_kv` ignores a history in any others without a word, for its
   * keys are joined by where they lie.
   */
  #fillInputs(net: NetInfo, stage: number, inputs: readonly HostTensor[]): TensorArray {
    const bindings = net.inputs.map((port) => ({ port, memory: memoryOf(port, stage) }));
    const tensors = new TensorArray(bindings, stage);
    for (const [n, { memory }] of bindings.entries()) {
      const { shape, data } = inputs[n] ?? { shape: [], data: new Uint8Array() };
      this.#chip.fill(memory, 0);
      this.#chip.write(memory, data);
      shape.forEach((size, dimension) => {
        tensors.setDimension(n, dimension, size);
      });
    }
    return tensors;
  }

  #read(port: Port, memory: DeviceMemory, shape: readonly number[]): HostTensor {
    const bytes = tensorBytes(port, shape);
    if (bytes > memory.size) {
      const reason = `is [${shape.join(', ')}], larger than it was compiled for`;
      throw new DeviceError('invalidModel', `The output ${port.name} ${reason}.`);
    }
    const data = new Uint8Array(bytes);
    this.#chip.read(memory, data);
    return { shape, data };
  }
}

function described(port: Port): NetPort {
  const { name, dtype, shapes } = port;
  return { name, dtype, shapes, bytes: largestBytes(port) };
}
