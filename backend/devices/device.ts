/**
 * The device contract. Every driver implements it, and `test/conformance/device.ts` holds each of
 * them to it. A driver lives in a device host process, never in the backend: native libraries may
 * abort, exit or print.
 */
import type { Sampling } from '../protocol/generation.ts';
import type { ChipInfo, Telemetry } from '../protocol/devices.ts';

/**
 * What went wrong, for programs. `hung` is terminal until the device is recovered: its host is not
 * started again. After `lost` and `timeout` it is. The last four come from opening it, and their
 * messages name what a person has to change: the file or the symbol, the node and its group, the
 * process that uses it.
 */
export const deviceErrorCodes = [
  'noMemory',
  'hung',
  'lost',
  'unsupportedModel',
  'invalidModel',
  'tokenizerFailed',
  'timeout',
  'aborted',
  'libraryMissing',
  'libraryTooOld',
  'noPermission',
  'inUse',
] as const;
export type DeviceErrorCode = (typeof deviceErrorCodes)[number];

/** Facts of a `noMemory` error; sizes in bytes. */
export interface MemoryShortage {
  readonly heap: string;
  readonly neededBytes: number;
  readonly availableBytes: number;
  /** What of the same model there would be room for. */
  readonly fits?: { readonly slots: number; readonly contextLength: number };
  /** The context, in tokens, for which it would have to be converted; of compiled models. */
  readonly convertedFor?: number;
}

/** A fault of the device or its library. Wrong arguments are RangeError or TypeError instead. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
  constructor(
    readonly code: DeviceErrorCode,
    message: string,
    readonly shortage?: MemoryShortage,
    options: ErrorOptions = {},
  ) {
    super(message, options);
  }
}

/** Whether it is the device's fault with that code. */
export function isDeviceError(error: unknown, code: DeviceErrorCode): error is DeviceError {
  return error instanceof DeviceError && error.code === code;
}

/** What a device is. A value that the device does not give is absent. */
export interface DeviceIdentity {
  readonly kind: string;
  readonly name: string;
  readonly clockMhz?: number;
  readonly libraryVersion?: string;
  readonly driverVersion?: string;
  /** The chip that it is, on cards. */
  readonly chip?: ChipInfo;
}

export interface LoadOptions {
  /** The file or folder to load. */
  readonly path: string;
  /** Sequences that share one copy of the weights. */
  readonly slots: number;
  /** Tokens that all slots together may hold; the driver may lower it to what fits. */
  readonly kvTokens?: number;
  /** Longest sequence of one slot; at most what the model was trained for. */
  readonly contextLength?: number;
  /** Called with values from 0 to 1. */
  onProgress?(fraction: number): void;
}

export interface Device {
  info(): DeviceIdentity;
  telemetry(): Promise<Telemetry>;
  /** @throws DeviceError invalidModel, unsupportedModel, noMemory */
  load(options: LoadOptions): Promise<LoadedModel>;
  /**
   * A compiled model of any kind, to run its nets one by one. Absent where models have none.
   * @throws DeviceError invalidModel, unsupportedModel, noMemory
   */
  loadNets?(path: string): Promise<LoadedNets>;
  /** Frees everything; loaded models are disposed first. */
  close(): Promise<void>;
}

/** An input or output of a net. */
export interface NetPort {
  readonly name: string;
  /** As the compiler calls it: `bf16`, `i32`. */
  readonly dtype: string;
  /** Of the largest shape. */
  readonly bytes: number;
  /** In elements, of each stage; a dynamic net takes up to the first. */
  readonly shapes: readonly (readonly number[])[];
}

export interface DeviceNet {
  readonly name: string;
  readonly isDynamic: boolean;
  readonly inputs: readonly NetPort[];
  readonly outputs: readonly NetPort[];
}

/** A tensor in the host's memory: its elements one after the other, in the port's data type. */
export interface HostTensor {
  /** In elements. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface LoadedNets {
  readonly nets: readonly DeviceNet[];
  /**
   * One launch, in the stage whose shapes the inputs have. What the net does not write of its
   * outputs is bytes 0xFF, which is NaN.
   * @throws DeviceError noMemory, hung, lost; RangeError for a net or tensors that do not fit
   */
  run(net: string, inputs: readonly HostTensor[]): Promise<readonly HostTensor[]>;
}

/** A token of the vocabulary that stands for structure, not for text. */
export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

/** Tokens for fill-in-the-middle; a model has the first three or none. */
export interface FillInTokens {
  readonly prefix: number;
  readonly suffix: number;
  readonly middle: number;
  /** Before the repository's name, where the model knows repositories. */
  readonly repository?: number;
  /** Before each file's path. */
  readonly file?: number;
}

/** What prompts need to know of a model. Plain data: it crosses the process boundary. */
export interface ModelMetadata {
  readonly architecture: string;
  readonly name: string;
  readonly vocabularySize: number;
  readonly trainedContextLength: number;
  /** Jinja source from the model's own files. */
  readonly chatTemplate?: string;
  readonly bosToken?: SpecialToken;
  readonly eosToken?: SpecialToken;
  /** The vocabulary asks for the BOS token before every prompt. */
  readonly addBos: boolean;
  /** Tokens that end a generation. */
  readonly endTokens: readonly number[];
  readonly specialTokens: readonly SpecialToken[];
  readonly fillIn?: FillInTokens;
  /** What its authors recommend for answers; complete but for the seed. */
  readonly sampling?: Sampling;
  /** It gives its likeliest token and no logits, so there is nothing to sample from. */
  readonly isGreedy?: true;
}

/** One prefill chunk: `tokens` are appended to a slot that holds `from` tokens. */
export interface PrefillChunk {
  readonly slot: number;
  readonly tokens: Int32Array;
  readonly from: number;
  /** Sample after the last token: true for the last chunk of a prompt. */
  readonly sample: boolean;
}

/** Append `token` to the slot and sample the next one. */
interface DecodeToken {
  readonly slot: number;
  readonly token: number;
}

/** The unit of work. A slot appears at most once. */
export interface StepPlan {
  readonly prefill?: PrefillChunk;
  readonly decodes: readonly DecodeToken[];
}

export interface StepResult {
  /** Slot to sampled token, for each slot that asked for one. */
  readonly sampled: ReadonlyMap<number, number>;
}

/** A slot's KV in host memory, opaque to all but the driver that made it. */
export interface ParkedSlot {
  readonly tokens: number;
  readonly bytes: number;
}

/** What a driver can say of its times: derived first, and measured where it does that itself. */
export interface KnownCosts {
  /** Of a token of prefill in a long prompt. */
  readonly prefillMsPerToken?: number;
  /** Of KV between the device's memory and the host's. */
  readonly copyBytesPerMs?: number;
}

export interface LoadedModel {
  readonly metadata: ModelMetadata;
  readonly slots: number;
  /** Longest sequence of one slot, in tokens. */
  readonly contextLength: number;
  /** Tokens that all slots together can hold. */
  readonly kvTokens: number;
  /**
   * Tokens of a prompt's first chunk, where what follows it is computed token by token; absent where
   * a chunk costs the same after others.
   */
  readonly firstChunk?: number;
  /** As of now; absent where nothing is known. */
  readonly costs?: KnownCosts;

  /** Text to tokens. Text that looks like a special token stays text. */
  encode(text: string): Promise<Int32Array>;
  /** The bytes of a token; a character may span several tokens. Special tokens give none. */
  piece(token: number): Uint8Array;

  /** Tokens that the slot holds. */
  length(slot: number): number;
  /**
   * Prepare a slot's sampler; `history` are the tokens that repetition penalties look back on.
   * Temperature 0 is exact greedy. Equal seeds give equal tokens.
   */
  configure(slot: number, sampling: Sampling, history: Int32Array): void;
  /**
   * Run one step. One at a time: a second call before the first has settled is a RangeError, and so
   * is a plan that does not fit the slots. When it rejects, every slot is as it was before.
   * @throws DeviceError aborted, noMemory, hung, lost
   */
  step(plan: StepPlan): Promise<StepResult>;
  /** Make the running step reject with `aborted`, inside the step where the library can. */
  abort(): void;

  /** Not during a step, all of these. */
  /** `to` becomes the first `length` tokens of `from`; what it held is gone. */
  copyPrefix(from: number, to: number, length: number): void;
  /** Keep the first `length` tokens. */
  truncate(slot: number, length: number): void;
  /** Empty the slot. */
  release(slot: number): void;
  /** Move the slot's KV to host memory and empty the slot. */
  park(slot: number): ParkedSlot;
  /** Put parked KV into a slot, replacing what it held. May be done more than once. */
  unpark(slot: number, parked: ParkedSlot): void;

  dispose(): Promise<void>;
}
