/** A loaded model as the rest of the backend holds it, on however many devices it is. */
import path from 'node:path';
import { sequenceLimit, type ModelShape } from '../host/admission.ts';
import { isDeviceError, type ModelMetadata } from '../devices/device.ts';
import { toolStyleOf } from '../models/toolMessages.ts';
import type { LoadedModelInfo } from '../protocol/devices.ts';
import { PilotError } from '../protocol/errors.ts';
import type { RequestClass } from '../protocol/generation.ts';
import { pilotErrorOf } from './deviceErrors.ts';
import type { LoadedFacts } from './deviceHost.ts';
import type { ModelHandle } from './engine.ts';
import { HostedModel } from './hostedModel.ts';
import type { HostSupervisor } from './hostSupervisor.ts';

/** No tokenizer packs more text into its average token: longer texts are refused unread. */
const MAX_BYTES_PER_TOKEN = 64;

export class EngineModel implements ModelHandle {
  /** Why it will not run again. */
  failure: PilotError | undefined;
  readonly #hosted = new Map<HostSupervisor, HostedModel>();
  #facts: LoadedFacts | undefined;

  constructor(
    readonly id: string,
    readonly aliases: readonly string[],
    readonly path: string,
  ) {}

  get isLoaded(): boolean {
    return this.#facts !== undefined;
  }

  get metadata(): ModelMetadata {
    return this.#loadedFacts().metadata;
  }

  get slots(): number {
    return this.#loadedFacts().slots;
  }

  /** Of one sequence; a small KV cache may hold less than the model was trained for. */
  get contextLength(): number {
    return sequenceLimit(this.#loadedFacts());
  }

  get shape(): ModelShape {
    return this.#loadedFacts();
  }

  /** The model on each device, the emptiest first. */
  get hosted(): readonly HostedModel[] {
    return [...this.#hosted.values()].sort((a, b) => a.active - b.active);
  }

  on(supervisor: HostSupervisor): HostedModel | undefined {
    return this.#hosted.get(supervisor);
  }

  onUp(supervisor: HostSupervisor, facts: LoadedFacts): void {
    const hosted = this.#hosted.get(supervisor) ?? new HostedModel(supervisor, this.id);
    this.#hosted.set(supervisor, hosted);
    hosted.facts = facts;
    this.failure = undefined;
    this.#facts = facts;
  }

  /**
   * On a device that is up; waits while the only one restarts.
   * @throws PilotError promptTooLong, or why the last device failed
   */
  async encode(pieces: readonly (string | number)[]): Promise<Int32Array> {
    const limit = this.contextLength;
    const bytes = pieces.reduce<number>(
      (sum, piece) => sum + (typeof piece === 'string' ? Buffer.byteLength(piece) : 1),
      0,
    );
    if (bytes > limit * MAX_BYTES_PER_TOKEN) {
      const tokens = `more than ${Math.floor(bytes / MAX_BYTES_PER_TOKEN)}`;
      throw new PilotError('promptTooLong', { tokens, limit });
    }
    for (;;) {
      const left = [...this.#hosted.keys()].filter((one) => !one.hasFailed);
      const supervisor = left.find((one) => one.isUp) ?? left[0];
      if (supervisor === undefined) throw this.failure ?? new PilotError('modelNotLoaded');
      try {
        return await supervisor.encode(this.id, pieces);
      } catch (error) {
        const died = isDeviceError(error, 'lost');
        if (died || supervisor.hasFailed) continue;
        throw pilotErrorOf(error, { device: supervisor.id, path: this.path });
      }
    }
  }

  /** When a class finds no slot, a warm-up gives its own up: nobody reads its answer. */
  makeWay(requestClass: RequestClass): void {
    if (requestClass === 'warmup') return;
    if (this.hosted.some(({ room }) => room[requestClass] !== undefined)) return;
    for (const hosted of this.hosted) {
      const warmup = hosted.latestWarmup();
      if (warmup === undefined) continue;
      warmup.finish('cancelled');
      return;
    }
  }

  /** None when the device does not have it. */
  infoOn(supervisor: HostSupervisor): LoadedModelInfo[] {
    const hosted = this.#hosted.get(supervisor);
    if (hosted === undefined) return [];
    const { fillIn, chatTemplate } = this.metadata;
    return [
      {
        id: this.id,
        name: modelName(this.path),
        slots: this.slots,
        activeSlots: hosted.active,
        contextLength: this.contextLength,
        hasFillIn: fillIn !== undefined,
        hasChatTemplate: chatTemplate !== undefined,
        hasTools: toolStyleOf(chatTemplate) !== undefined,
        canThink: /\benable_thinking\b/.test(chatTemplate ?? ''),
      },
    ];
  }

  #loadedFacts(): LoadedFacts {
    if (this.#facts === undefined) throw new PilotError('modelNotLoaded');
    return this.#facts;
  }
}

/** What people know a model by: its file's name. The name inside the file is often a run's label. */
function modelName(file: string): string {
  return path.basename(file).replace(/\.gguf$/i, '');
}
