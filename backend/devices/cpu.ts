/** The `cpu` driver: GGUF models through libllama, on any machine. */
import { randomInt } from 'node:crypto';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { loadGguf } from './cpuLoader.ts';
import { readMetadata } from './cpuMetadata.ts';
import { CpuModel } from './cpuModel.ts';
import { initialThreads } from './cpuThreads.ts';
import { DeviceError, type Device, type DeviceIdentity, type LoadOptions } from './device.ts';
import { openLlama, type LlamaLibrary } from './llamaLibrary.ts';
import type { Telemetry } from '../protocol/devices.ts';

export interface CpuDeviceOptions {
  readonly library?: LlamaLibrary;
  /** Cores of this machine; a step has a thread on each but one. */
  readonly cores?: number;
  /** Memory that may be taken, in bytes: within the limits of a container too. */
  readonly availableMemory?: () => number;
  /** Monotonic, in ms. */
  readonly now?: () => number;
}

export class CpuDevice implements Device {
  readonly #library: LlamaLibrary;
  readonly #cores: number;
  readonly #availableMemory: () => number;
  readonly #now: () => number;
  readonly #models = new Set<CpuModel>();
  /** Loads go one by one: the library has one log for all of them. */
  #loading: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @throws DeviceError lost, when there is no usable library */
  constructor(options: CpuDeviceOptions = {}) {
    this.#library = options.library ?? openLlama();
    this.#cores = options.cores ?? availableParallelism();
    this.#availableMemory = options.availableMemory ?? (() => process.availableMemory());
    this.#now = options.now ?? (() => performance.now());
  }

  info(): DeviceIdentity {
    const [first] = cpus();
    const clockMhz = first?.speed ?? 0;
    return {
      kind: 'cpu',
      name: first?.model.trim() ?? 'CPU',
      libraryVersion: this.#library.version,
      ...(clockMhz > 0 && { clockMhz }),
    };
  }

  telemetry(): Promise<Telemetry> {
    const totalBytes = totalmem();
    const usedBytes = totalBytes - this.#availableMemory();
    const threads = [...this.#models].map((model) => model.threads);
    return Promise.resolve({
      heaps: [{ name: 'host memory', totalBytes, usedBytes }],
      ...(threads.length > 0 && { threads: Math.max(...threads) }),
    });
  }

  load(options: LoadOptions): Promise<CpuModel> {
    const loaded = this.#loading.then(() => this.#load(options));
    this.#loading = loaded.catch(() => undefined);
    return loaded;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#loading;
    await Promise.all([...this.#models].map((model) => model.dispose()));
    this.#models.clear();
  }

  async #load(options: LoadOptions): Promise<CpuModel> {
    if (this.#closed) throw new DeviceError('lost', 'The device is closed.');
    const { handles, shape } = await loadGguf(this.#library, options, this.#availableMemory());
    const model = new CpuModel({
      handles,
      metadata: await readMetadata(this.#library.api, handles.model),
      slots: options.slots,
      shape,
      threads: initialThreads(this.#cores),
      now: this.#now,
      drawSeed: () => randomInt(0x1_0000_0000),
    });
    this.#models.add(model);
    return model;
  }
}
