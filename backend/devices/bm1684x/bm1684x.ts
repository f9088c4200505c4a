/** The `bm1684x` driver: bmodels on one chip of a card, or on the vendor's emulator. */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { lockChip, type ChipLock } from '../../card/chipLock.ts';
import { requireChip } from '../../card/node.ts';
import { readTelemetry } from '../../card/telemetry.ts';
import { versionOf } from '../../card/versions.ts';
import { ChipError, readBmodel, type Bmodel } from '../../formats/bmodel.ts';
import { FormatError } from '../../formats/fileCursor.ts';
import { onlyBmodelIn } from '../../formats/isBmodel.ts';
import type { ChipInfo, Telemetry } from '../../protocol/devices.ts';
import { openModelText } from '../../tokenizer/modelText.ts';
import {
  DeviceError,
  type Device,
  type DeviceIdentity,
  type LoadedNets,
  type LoadOptions,
} from '../device.ts';
import { stageForInputs } from '../netInputs.ts';
import { Bm1684xModel } from './bm1684xModel.ts';
import { CardClient } from './cardClient.ts';
import type { CardIdentity } from './cardMessages.ts';
import { knownCosts } from './knownCosts.ts';
import { watchLoad } from './loadProgress.ts';
import { memoryNeeds } from './memoryBlocks.ts';

export interface Bm1684xOptions {
  /** Folder with libbmlib and libbmrt. */
  readonly libraries: string;
  readonly isEmulator: boolean;
  /** Number of the chip; 0 on the emulator. */
  readonly chip: number;
  /** The JavaScript of cardThread.ts and of tokenizerThread.ts, when not beside this bundle. */
  readonly modules?: { readonly card: URL; readonly tokenizer: URL };
}

/** A card's chip, before it is opened. */
interface HeldChip {
  readonly info: ChipInfo;
  readonly lock: ChipLock;
  readonly libraryVersion: string | undefined;
}

export class Bm1684xDevice implements Device {
  readonly #options: Bm1684xOptions;
  readonly #client: CardClient;
  readonly #identity: CardIdentity;
  /** None on the emulator. */
  readonly #held: HeldChip | undefined;
  readonly #models = new Set<Bm1684xModel>();
  #byLibrary: Telemetry = {};
  #nextModel = 1;
  /** Under way, besides steps. */
  #calls = 0;
  #closed: Promise<void> | undefined;

  private constructor(
    options: Bm1684xOptions,
    client: CardClient,
    identity: CardIdentity,
    held: HeldChip | undefined,
  ) {
    this.#options = options;
    this.#client = client;
    this.#identity = identity;
    this.#held = held;
  }

  /** @throws DeviceError lost, hung, libraryMissing, libraryTooOld, noPermission, inUse */
  static async open(options: Bm1684xOptions): Promise<Bm1684xDevice> {
    const { libraries, chip, isEmulator, modules } = options;
    const held = isEmulator ? undefined : await holdChip(chip, libraries);
    const module = modules?.card ?? new URL('./cardThread.js', import.meta.url);
    const client = new CardClient(module, { libraries, chip, isEmulator });
    try {
      return new Bm1684xDevice(options, client, await client.call('open', {}), held);
    } catch (error) {
      await client.close();
      held?.lock.release();
      throw error;
    }
  }

  info(): DeviceIdentity {
    const { isEmulator, chip } = this.#options;
    const { boardName, clockMhz, driverVersion } = this.#identity;
    const libraryVersion = this.#held?.libraryVersion;
    const driver = driverVersion ?? this.#held?.info.driverVersion;
    return {
      kind: 'bm1684x',
      name: isEmulator ? 'BM1684X emulator' : (boardName ?? `BM1684X chip ${chip}`),
      ...(clockMhz !== undefined && !isEmulator && { clockMhz }),
      ...(libraryVersion !== undefined && { libraryVersion }),
      ...(driver !== undefined && { driverVersion: driver }),
      ...(this.#held && { chip: this.#held.info }),
    };
  }

  /** By the driver's files; what those lack by the library, as it was before what it is doing. */
  async telemetry(): Promise<Telemetry> {
    const isBusy = this.#calls > 0 || [...this.#models].some((model) => model.isRunning);
    if (!isBusy) this.#byLibrary = await this.#client.call('telemetry', {});
    return { ...this.#byLibrary, ...(this.#held && (await readTelemetry(this.#held.info))) };
  }

  async load(options: LoadOptions): Promise<Bm1684xModel> {
    if (this.#closed) throw new DeviceError('lost', 'The device is closed.');
    const { file, bmodel } = await inspect(options.path);
    options.onProgress?.(0.05);
    return this.#busy(this.#load(file, bmodel, options));
  }

  /** They stay until the device is closed. */
  async loadNets(path: string): Promise<LoadedNets> {
    if (this.#closed) throw new DeviceError('lost', 'The device is closed.');
    const { file, bmodel } = await inspect(path);
    const model = this.#nextModel++;
    const names = bmodel.nets.map(({ name }) => name);
    const request = { model, file, needs: memoryNeeds(bmodel), names };
    const nets = await this.#busy(this.#client.call('loadNets', request));
    return {
      nets,
      run: async (net, inputs) => {
        const found = nets.find(({ name }) => name === net);
        if (found === undefined) throw new RangeError(`There is no net ${net}.`);
        const stage = stageForInputs(found, inputs);
        return this.#busy(this.#client.call('runNet', { model, net, stage, inputs }));
      },
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #busy<T>(call: Promise<T>): Promise<T> {
    this.#calls++;
    try {
      return await call;
    } finally {
      this.#calls--;
    }
  }

  async #load(file: string, bmodel: Bmodel, options: LoadOptions): Promise<Bm1684xModel> {
    const workerModule = this.#options.modules?.tokenizer;
    const text = await openModelText(dirname(file), { ...(workerModule && { workerModule }) });
    try {
      const id = this.#nextModel++;
      options.onProgress?.(0.1);
      const request = {
        model: id,
        file,
        embeddingFile: join(dirname(file), 'embedding.bin'),
        needs: memoryNeeds(bmodel),
        slots: options.slots,
        vocabularySize: text.metadata.vocabularySize,
      };
      const { size } = await stat(file);
      const facts = await watchLoad(() => this.#client.call('load', request), {
        fileBytes: size,
        onProgress: (fraction) => options.onProgress?.(fraction),
      });
      const model: Bm1684xModel = new Bm1684xModel({
        ...{ id, facts, text, client: this.#client },
        contextLength: options.contextLength,
        kvTokens: options.kvTokens,
        // An emulator has neither the chip's times nor its link.
        costs: this.#options.isEmulator ? {} : await knownCosts(dirname(file)),
        onDispose: () => this.#models.delete(model),
      });
      this.#models.add(model);
      options.onProgress?.(1);
      return model;
    } catch (error) {
      await text.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#models].map((model) => model.dispose()));
    await this.#client.close();
    this.#held?.lock.release();
  }
}

/** @throws DeviceError lost, noPermission, inUse */
async function holdChip(chip: number, libraries: string): Promise<HeldChip> {
  const info = await requireChip(chip);
  const libraryVersion = await versionOf(libraries);
  return { info, libraryVersion, lock: await lockChip(chip) };
}

/**
 * @param path of a bmodel, or of a folder with one and no other
 * @throws DeviceError invalidModel, unsupportedModel
 */
async function bmodelOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new DeviceError('invalidModel', `There is no file or folder ${basename(path)}.`);
  }
  if (/\.gguf$/iu.test(path)) {
    const advice = 'start the backend with --device cpu, or convert it';
    throw new DeviceError(
      'unsupportedModel',
      `${basename(path)}: it is a model for the CPU; ${advice}.`,
    );
  }
  if (!found.isDirectory()) return path;
  try {
    return join(path, await onlyBmodelIn(path));
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** @throws DeviceError invalidModel, unsupportedModel */
async function inspect(path: string): Promise<{ file: string; bmodel: Bmodel }> {
  const file = await bmodelOf(path);
  const bmodel = await read(file);
  if (bmodel.devices === 1) return { file, bmodel };
  throw new DeviceError(
    'unsupportedModel',
    `${basename(file)} is built for ${bmodel.devices} chips at once, which is not supported yet.`,
  );
}

async function read(file: string): Promise<Bmodel> {
  try {
    return await readBmodel(file);
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(path: string, cause: unknown): DeviceError {
  const code = cause instanceof ChipError ? 'unsupportedModel' : 'invalidModel';
  const reason =
    cause instanceof FormatError
      ? cause.message
      : `it cannot be read (${cause instanceof Error ? cause.message : String(cause)})`;
  return new DeviceError(code, `${basename(path)}: ${reason}.`, undefined, { cause });
}
