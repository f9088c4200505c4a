/** The engine: one queue in front of device hosts, which pull from it as they have room. */
import type { Submission } from '../host/messages.ts';
import type { DeviceInfo } from '../protocol/devices.ts';
import { PilotError, toPilotError } from '../protocol/errors.ts';
import { systemClock, type Clock } from './clock.ts';
import type { Log } from './deviceHost.ts';
import { Dispatcher } from './dispatcher.ts';
import { EmbeddedQueue } from './embeddedQueue.ts';
import { EngineModel } from './engineModel.ts';
import type {
  Engine,
  GenerationListener,
  GenerationOutcome,
  GenerationRequest,
  ModelHandle,
} from './engine.ts';
import { Generation } from './generation.ts';
import { HostSupervisor, type HostProgram } from './hostSupervisor.ts';
import { mostHelpful } from './refusals.ts';
import type { EngineObserver } from './observer.ts';
import type { RequestQueue } from './requestQueue.ts';
import { defaultRestartPolicy, type RestartPolicy } from './restartPolicy.ts';

/** A device, and the host program that drives it. */
export interface DeviceSpec {
  /** Unique in the backend. */
  readonly id: string;
  /** Driver: `cpu`, `bm1684x`, `emulator`. */
  readonly kind: string;
  /** Sequences of each model; the engine's number when left out. */
  readonly slots?: number;
  /** The program; or why the device cannot be used, which is told to all who need it. */
  readonly host: HostProgram | PilotError;
}

export interface DeviceEngineOptions {
  readonly devices: readonly DeviceSpec[];
  readonly log: Log;
  /** Of each model; see `LoadOptions`. */
  readonly slots?: number;
  readonly kvTokens?: number;
  readonly contextLength?: number;
  readonly queue?: RequestQueue<Submission>;
  readonly restarts?: RestartPolicy;
  readonly clock?: Clock;
  readonly observer?: EngineObserver;
}

const DEFAULT_SLOTS = 8;

export class DeviceEngine implements Engine {
  readonly #options: DeviceEngineOptions;
  readonly #clock: Clock;
  readonly #observer: EngineObserver;
  readonly #queue: RequestQueue<Submission>;
  readonly #supervisors: readonly HostSupervisor[];
  readonly #slots = new Map<HostSupervisor, number>();
  /** By id, in the order in which they were named. */
  readonly #models = new Map<string, EngineModel>();
  readonly #loads = new Map<string, Promise<void>>();
  /** Why a device is without a model that others have, by device and model. */
  readonly #refusals = new Map<HostSupervisor, Map<string, PilotError>>();
  readonly #dispatcher: Dispatcher;
  #arrivals = 0;
  #draining = false;

  /** Starts the hosts; models come with `load`. */
  constructor(options: DeviceEngineOptions) {
    const { clock = systemClock, log, restarts = defaultRestartPolicy } = options;
    this.#options = options;
    this.#clock = clock;
    this.#observer = options.observer ?? {};
    this.#queue = options.queue ?? new EmbeddedQueue({ clock });
    this.#dispatcher = new Dispatcher(this.#queue, this.#observer, log);
    this.#queue.onArrival(() => {
      for (const model of this.#models.values()) this.#dispatcher.pull(model);
    });
    this.#supervisors = options.devices.map((device) => {
      const supervisor: HostSupervisor = new HostSupervisor(
        { ...device, restarts, clock, log },
        {
          onUp: (id, facts) => {
            const model = this.#models.get(id);
            model?.onUp(supervisor, facts);
            if (model !== undefined) this.#dispatcher.pull(model);
          },
          onProgress: (id, progress) => {
            const model = this.#models.get(id);
            const hosted = model?.on(supervisor);
            if (model && hosted) this.#dispatcher.onProgress(hosted, model, progress);
          },
          onDown: () => {
            this.#observer.onRestart?.(supervisor.id);
            this.#dispatcher.onDown(supervisor, [...this.#models.values()]);
          },
          onFailed: (error) => {
            this.#onFailed(supervisor, error);
          },
        },
      );
      this.#slots.set(supervisor, device.slots ?? options.slots ?? DEFAULT_SLOTS);
      return supervisor;
    });
  }

  models(): readonly ModelHandle[] {
    return [...this.#models.values()].filter((model) => model.isLoaded);
  }

  resolve(name: string | undefined, task: 'chat' | 'completion'): ModelHandle {
    const models = this.models();
    if (name !== undefined) {
      const named = models.find((model) => model.id === name || model.aliases.includes(name));
      if (named === undefined) throw new PilotError('modelNotFound', { model: name });
      return named;
    }
    const fit = models.find(({ metadata }) =>
      task === 'chat' ? metadata.chatTemplate !== undefined : metadata.fillIn !== undefined,
    );
    const chosen = fit ?? models[0];
    if (chosen === undefined) throw new PilotError('modelNotLoaded');
    return chosen;
  }

  load(spec: { id: string; aliases: readonly string[]; path: string }): Promise<void> {
    const loading = this.#loads.get(spec.id) ?? this.#load(spec);
    this.#loads.set(spec.id, loading);
    // What failed may be tried again.
    loading.catch(() => this.#loads.delete(spec.id));
    return loading;
  }

  async generate(
    request: GenerationRequest,
    listener: GenerationListener,
    signal: AbortSignal,
  ): Promise<GenerationOutcome> {
    const model = this.#check(request);
    const now = (): number => this.#clock.now();
    const order = ++this.#arrivals;
    const generation = new Generation(order, request, model.contextLength, listener, now);
    const cancel = (): void => {
      generation.finish('cancelled');
    };
    const stopTimer = this.#atDeadline(generation);
    generation.settled.addEventListener(
      'abort',
      () => {
        signal.removeEventListener('abort', cancel);
        stopTimer();
      },
      { once: true },
    );
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    else model.makeWay(request.class);
    this.#dispatcher.start(generation, model);
    return generation.outcome;
  }

  devices(): Promise<DeviceInfo[]> {
    return Promise.all(
      this.#supervisors.map(async (supervisor) => ({
        ...(await supervisor.info()),
        models: [...this.#models.values()].flatMap((model) => model.infoOn(supervisor)),
        ...this.#problemsOf(supervisor),
      })),
    );
  }

  counts(): { running: number; waiting: number } {
    const all = this.#dispatcher.generations;
    const running = all.filter((one) => one.hasRun).length;
    return { running, waiting: all.length - running };
  }

  async drain(now: AbortSignal): Promise<void> {
    this.#draining = true;
    const all = this.#dispatcher.generations;
    const tell = (some: readonly Generation[]): void => {
      for (const one of some) one.fail(new PilotError('draining'));
    };
    tell(all.filter((one) => !one.hasRun));
    const tellAll = (): void => {
      tell(all);
    };
    now.addEventListener('abort', tellAll, { once: true });
    if (now.aborted) tellAll();
    await Promise.allSettled(all.map((one) => one.outcome));
    now.removeEventListener('abort', tellAll);
    await this.#queue.close();
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()));
  }

  async #load(spec: { id: string; aliases: readonly string[]; path: string }): Promise<void> {
    const { kvTokens, contextLength } = this.#options;
    const model = new EngineModel(spec.id, spec.aliases, spec.path);
    this.#models.set(spec.id, model);
    const limits = {
      ...(kvTokens !== undefined && { kvTokens }),
      ...(contextLength !== undefined && { contextLength }),
    };
    const results = await Promise.allSettled(
      this.#supervisors.map((one) => {
        const slots = this.#slots.get(one) ?? DEFAULT_SLOTS;
        return one.load({ model: spec.id, path: spec.path, slots, ...limits });
      }),
    );
    const refusals = results.flatMap((result, index) => {
      const supervisor = this.#supervisors[index];
      if (result.status === 'fulfilled' || supervisor === undefined) return [];
      return { supervisor, kind: supervisor.kind, error: toPilotError(result.reason) };
    });
    if (!model.isLoaded) {
      this.#models.delete(spec.id);
      throw mostHelpful(spec.path, refusals) ?? new PilotError('modelNotLoaded');
    }
    for (const { supervisor, error } of refusals) this.#noteRefusal(supervisor, spec.id, error);
  }

  /** Other devices serve the model; what this one lacks must not stay unsaid. */
  #noteRefusal(supervisor: HostSupervisor, model: string, error: PilotError): void {
    this.#options.log.warn({ device: supervisor.id, model, err: error }, 'model not on the device');
    // Not made for such models: nobody expects it there.
    if (error.errorName === 'unsupportedModel') return;
    const known = this.#refusals.get(supervisor) ?? new Map<string, PilotError>();
    this.#refusals.set(supervisor, known.set(model, error));
  }

  /** A device that has failed says why in its detail. */
  #problemsOf(supervisor: HostSupervisor): Pick<DeviceInfo, 'problems'> {
    const refusals = [...(this.#refusals.get(supervisor)?.values() ?? [])];
    if (refusals.length === 0 || supervisor.hasFailed) return {};
    return { problems: refusals.map(({ message, data }) => `${message} ${data.remedy}`) };
  }

  /** @throws PilotError draining, modelNotFound, deviceLost, promptTooLong; RangeError */
  #check({ model: handle, prompt, maxTokens, overflow }: GenerationRequest): EngineModel {
    if (this.#draining) throw new PilotError('draining');
    const model = this.#models.get(handle.id);
    if (model === undefined) throw new PilotError('modelNotFound', { model: handle.id });
    if (model.failure !== undefined) throw model.failure;
    const { vocabularySize } = model.metadata;
    if (prompt.length === 0 || prompt.some((token) => token < 0 || token >= vocabularySize)) {
      throw new RangeError(`A prompt of ${prompt.length} tokens is empty or not of this model.`);
    }
    const limit = model.contextLength - Math.min(1, maxTokens);
    if (prompt.length > limit && overflow !== 'slide') {
      throw new PilotError('promptTooLong', { tokens: prompt.length, limit });
    }
    return model;
  }

  /** While it waits for the first time, its deadline is the queue's business. */
  #atDeadline(generation: Generation): () => void {
    const { deadlineMs } = generation.request;
    if (deadlineMs === undefined) return () => undefined;
    return this.#clock.after(deadlineMs, () => {
      if (generation.hasRun) generation.finish('deadline');
    });
  }

  /** The device will not come back: requests that no other device can run are told so. */
  #onFailed(supervisor: HostSupervisor, error: PilotError): void {
    const models = [...this.#models.values()];
    for (const model of models) {
      if (model.hosted.some((hosted) => !hosted.supervisor.hasFailed)) continue;
      model.failure = error;
      this.#dispatcher.onModelLost(model, error);
    }
    this.#dispatcher.onDown(supervisor, models);
  }
}
