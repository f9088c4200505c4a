/** Keeps one device's host running: starts it, loads its models, and does so again after a death. */
import { isDeviceError, type DeviceIdentity } from '../devices/device.ts';
import { errorOf } from '../devices/fault.ts';
import type { FromHost, Progress, Submission } from '../host/messages.ts';
import type { DeviceInfo, DeviceState, Telemetry } from '../protocol/devices.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Clock } from './clock.ts';
import { loadErrorOf, openingErrorOf, pilotErrorOf } from './deviceErrors.ts';
import {
  DeviceHost,
  type DeviceHostOptions,
  type HostExit,
  type LoadedFacts,
  type Log,
} from './deviceHost.ts';
import { afterDeath, type RestartPolicy } from './restartPolicy.ts';

/** A model to load, with the meanings of `LoadOptions`. */
export interface ModelSpec {
  readonly model: string;
  readonly path: string;
  readonly slots: number;
  readonly kvTokens?: number;
  readonly contextLength?: number;
}

export interface SupervisorEvents {
  /** The model can run requests, for the first time or again. */
  onUp(model: string, facts: LoadedFacts): void;
  onProgress(model: string, progress: Progress): void;
  /** The host died; what it ran must be run again. It is being started again. */
  onDown(): void;
  /** The device will not come back; what it ran is told so. */
  onFailed(error: PilotError): void;
}

export type HostProgram = Omit<DeviceHostOptions, 'log' | 'clock'>;

export interface SupervisorOptions {
  /** Of the device, unique in the backend. */
  readonly id: string;
  readonly kind: string;
  /** Or why the device cannot be used: it is failed from the beginning. */
  readonly host: HostProgram | PilotError;
  readonly restarts: RestartPolicy;
  readonly clock: Clock;
  readonly log: Log;
}

/** Loading a model from a slow disk. */
const LOAD_MS = 600_000;
/** Status pages must not wait for a busy device. */
const TELEMETRY_MS = 1_000;
/** Loads during which the host died, until the model is held to be the cause. */
const LOAD_ATTEMPTS = 2;

export class HostSupervisor {
  readonly id: string;
  readonly #options: SupervisorOptions;
  readonly #events: SupervisorEvents;
  /** Models to load again after a death. */
  readonly #specs: ModelSpec[] = [];
  #policy: RestartPolicy;
  /** Undefined for a device that cannot be used. */
  #host: DeviceHost | undefined;
  #ready = new Ready();
  #state: DeviceState = 'starting';
  #detail: string | undefined;
  #identity: DeviceIdentity | undefined;
  #restarts = 0;
  #stopping = false;
  #cancelRestart: () => void = () => undefined;

  constructor(options: SupervisorOptions, events: SupervisorEvents) {
    this.id = options.id;
    this.#options = options;
    this.#events = events;
    this.#policy = options.restarts;
    const { host } = options;
    if (host instanceof PilotError) this.#becomeFailed(host);
    else this.#host = this.#start(host);
  }

  get kind(): string {
    return this.#options.kind;
  }

  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  /** Its host runs, and takes calls. */
  get isUp(): boolean {
    return this.#state === 'ready' || this.#state === 'loading';
  }

  /** @throws PilotError as `pilotErrorOf` and `openingErrorOf` make them */
  async load(spec: ModelSpec): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const host = await this.#ready.promise;
      this.#enter('loading');
      try {
        const facts = await this.#loadOn(host, spec);
        this.#specs.push(spec);
        this.#enter('ready');
        this.#events.onUp(spec.model, facts);
        return;
      } catch (error) {
        this.#failIfHung(error);
        const hasDied = host.pid === undefined;
        if (!isDeviceError(error, 'lost')) this.#enter('ready');
        else {
          // A device that was lost is of no use, even where its process lives.
          host.kill(error.message);
          await host.stopped;
          if (attempt < LOAD_ATTEMPTS) continue;
        }
        const context = { device: this.id, path: spec.path };
        throw hasDied ? loadErrorOf(error, context) : pilotErrorOf(error, context);
      }
    }
  }

  /** @throws DeviceError lost when the host dies meanwhile; PilotError when the device has failed */
  async encode(model: string, pieces: readonly (string | number)[]): Promise<Int32Array> {
    const host = await this.#ready.promise;
    try {
      return await host.encode(model, pieces);
    } catch (error) {
      // Who tries again at once must find the next host, not this one.
      if (isDeviceError(error, 'lost')) await host.stopped;
      throw error;
    }
  }

  submit(model: string, request: Submission): void {
    this.#host?.send({ type: 'submit', model, request });
  }

  cancel(model: string, request: string): void {
    this.#host?.send({ type: 'cancel', model, request });
  }

  /** All but its models. */
  async info(): Promise<DeviceInfo> {
    const pid = this.#host?.pid;
    return {
      ...this.#identity,
      id: this.id,
      kind: this.#options.kind,
      name: this.#identity?.name ?? this.#options.kind,
      state: this.#state,
      ...(this.#detail !== undefined && { detail: this.#detail }),
      ...(pid !== undefined && { pid }),
      restarts: this.#restarts,
      models: [],
      telemetry: await this.#telemetry(),
    };
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#cancelRestart();
    this.#awaitNextHost();
    this.#ready.reject(new PilotError('draining'));
    await this.#host?.stop();
  }

  #start(program: HostProgram): DeviceHost {
    const { clock, log } = this.#options;
    const host = new DeviceHost({ ...program, clock, log }, (message) => {
      this.#receive(host, message);
    });
    log.info({ device: this.id, pid: host.pid }, 'device host started');
    void host.stopped.then((exit) => {
      this.#onStopped(program, exit);
    });
    return host;
  }

  #receive(host: DeviceHost, message: FromHost): void {
    switch (message.type) {
      case 'ready':
        this.#identity = message.identity;
        void this.#reload(host);
        break;
      case 'unavailable':
        this.#fail(openingErrorOf(errorOf(message.fault), this.id));
        break;
      case 'broken':
        this.#failIfHung(errorOf(message.fault));
        host.kill(message.fault.message);
        break;
      case 'progress':
        this.#events.onProgress(message.model, message.progress);
        break;
      case 'loadProgress':
        this.#detail = `Loading: ${Math.round(message.fraction * 100)} %`;
        break;
      default:
        break;
    }
  }

  async #reload(host: DeviceHost): Promise<void> {
    try {
      for (const spec of this.#specs) {
        const facts = await this.#loadOn(host, spec);
        this.#events.onUp(spec.model, facts);
      }
    } catch (error) {
      this.#failIfHung(error);
      const reason = error instanceof Error ? error.message : String(error);
      host.kill(`a model could not be loaded again: ${reason}`);
      return;
    }
    this.#enter('ready');
    this.#detail = undefined;
    this.#ready.resolve(host);
  }

  async #loadOn(host: DeviceHost, spec: ModelSpec): Promise<LoadedFacts> {
    const cancel = this.#options.clock.after(LOAD_MS, () => {
      host.kill(`it did not load ${spec.model} in time`);
    });
    try {
      return await host.load(spec);
    } finally {
      cancel();
      this.#detail = undefined;
    }
  }

  #onStopped(program: HostProgram, exit: HostExit): void {
    const { clock, log } = this.#options;
    if (this.#stopping || this.hasFailed) return;
    log.warn({ device: this.id, ...exit }, 'device host died');
    const restart = afterDeath(this.#policy, clock.now());
    if (restart === undefined) {
      const others = exit.lastLines.filter((line) => !exit.reason.includes(line.trim()));
      const reason = [exit.reason, ...others].join('\n');
      this.#fail(new PilotError('deviceLost', { device: this.id, reason }));
      return;
    }
    this.#policy = restart.policy;
    this.#restarts++;
    this.#state = 'restarting';
    this.#detail = exit.reason;
    this.#awaitNextHost();
    this.#cancelRestart = clock.after(restart.delayMs, () => {
      this.#host = this.#start(program);
    });
    this.#events.onDown();
  }

  /** What has failed stays so. */
  #enter(state: DeviceState): void {
    if (!this.hasFailed) this.#state = state;
  }

  /** Until a person has recovered a hung device, the driver refuses every call, of any process. */
  #failIfHung(error: unknown): void {
    if (!isDeviceError(error, 'hung')) return;
    this.#fail(pilotErrorOf(error, { device: this.id, path: '' }));
  }

  #fail(error: PilotError): void {
    if (this.hasFailed || this.#stopping) return;
    this.#becomeFailed(error);
    this.#events.onFailed(error);
  }

  #becomeFailed(error: PilotError): void {
    this.#state = 'failed';
    this.#detail = `${error.message} ${error.data.remedy}`;
    this.#options.log.error({ device: this.id, error: error.errorName }, this.#detail);
    this.#host?.kill(error.message);
    this.#awaitNextHost();
    this.#ready.reject(error);
  }

  /** The host of before is of no use any more. Those who wait for one already wait on. */
  #awaitNextHost(): void {
    if (this.#ready.isSettled) this.#ready = new Ready();
  }

  async #telemetry(): Promise<Telemetry> {
    const host = this.#host;
    if (!host || !this.isUp) return {};
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(TELEMETRY_MS, () => {
        resolve({});
      });
      host
        .telemetry()
        .catch(() => ({}))
        .then((telemetry) => {
          cancel();
          resolve(telemetry);
        }, cancel);
    });
  }
}

/** A host that can be used, or never will be. */
class Ready {
  readonly promise: Promise<DeviceHost>;
  isSettled = false;
  #resolve!: (host: DeviceHost) => void;
  #reject!: (error: PilotError) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nobody may be waiting when it fails.
    this.promise.catch(() => undefined);
  }

  resolve(host: DeviceHost): void {
    this.isSettled = true;
    this.#resolve(host);
  }

  reject(error: PilotError): void {
    this.isSettled = true;
    this.#reject(error);
  }
}
