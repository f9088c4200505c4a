/** What the rest of the backend asks of the scheduler and its devices. */
import type { ModelMetadata } from '../devices/device.ts';
import type { DeviceInfo } from '../protocol/devices.ts';
import type {
  FinishReason,
  Overflow,
  RequestClass,
  Sampling,
  Timings,
} from '../protocol/generation.ts';

/** A model that is loaded and can generate. Stays valid across restarts of its device host. */
export interface ModelHandle {
  /** Id in the model store. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly metadata: ModelMetadata;
  readonly slots: number;
  readonly contextLength: number;
  /** Special tokens are given by id; strings are text, whatever they look like. */
  encode(pieces: readonly (string | number)[]): Promise<Int32Array>;
}

export interface GenerationRequest {
  readonly model: ModelHandle;
  readonly class: RequestClass;
  readonly prompt: Int32Array;
  /** At most this many tokens; 0 only computes the prompt's KV (warm-up). */
  readonly maxTokens: number;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  /** `stop` when left out. */
  readonly overflow?: Overflow | undefined;
  /** From the call of `generate`, in ms. */
  readonly deadlineMs?: number;
}

export interface GenerationListener {
  /** Whole characters as they come; never part of a stop text. */
  onText(text: string): void;
  /** Something the reader should know, such as "the device restarts". */
  onNotice?(message: string): void;
}

export interface GenerationOutcome {
  /** Generated, without an end token. */
  readonly tokens: readonly number[];
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly timings: Timings;
}

export interface Engine {
  /** Loaded models in the order they were named on start. */
  models(): readonly ModelHandle[];
  /**
   * The model of that alias or id; without a name, the first one fit for the task.
   * @throws PilotError modelNotFound, modelNotLoaded
   */
  resolve(name: string | undefined, task: 'chat' | 'completion'): ModelHandle;
  /**
   * Queue, run, stream. Settles exactly once. An aborted signal resolves with `cancelled` and the
   * text so far. A deadline that passes while running resolves with `deadline`.
   * @throws PilotError overloaded, deadlineExceeded, draining, promptTooLong, deviceLost
   */
  generate(
    request: GenerationRequest,
    listener: GenerationListener,
    signal: AbortSignal,
  ): Promise<GenerationOutcome>;
  /** Load one more model; resolves when it is ready. */
  load(model: { id: string; aliases: readonly string[]; path: string }): Promise<void>;
  devices(): Promise<DeviceInfo[]>;
  counts(): { running: number; waiting: number };
  /** Refuse new requests, let running ones finish until the signal aborts, stop the hosts. */
  drain(now: AbortSignal): Promise<void>;
}
