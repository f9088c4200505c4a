/** Messages between a device host's main thread and the one thread that owns the chip. */
import type { DeviceNet, HostTensor, StepPlan } from '../device.ts';
import type { DeviceFault } from '../fault.ts';
import type { Telemetry } from '../../protocol/devices.ts';
import type { Sampling } from '../../protocol/generation.ts';
import type { CardModelFacts, CardStepResult } from './cardModel.ts';
import type { MemoryNeeds } from './memoryBlocks.ts';

/** What the thread is started with. */
export interface CardThreadData {
  /** Folder with libbmlib and libbmrt. */
  readonly libraries: string;
  readonly chip: number;
  readonly isEmulator: boolean;
  /** The step that is to stop, by its number. */
  readonly abortFlag: Int32Array;
}

/** Work that is answered. */
export interface CardCalls {
  readonly open: (request: object) => CardIdentity;
  readonly load: (request: {
    readonly model: number;
    readonly file: string;
    readonly embeddingFile: string;
    /** What the runtime will take. */
    readonly needs: MemoryNeeds;
    readonly slots: number;
    readonly vocabularySize: number;
  }) => CardModelFacts;
  readonly step: (request: {
    readonly model: number;
    /** Greater than of every step before. */
    readonly step: number;
    readonly plan: StepPlan;
  }) => CardStepResult;
  readonly loadNets: (request: {
    readonly model: number;
    readonly file: string;
    readonly needs: MemoryNeeds;
    readonly names: readonly string[];
  }) => readonly DeviceNet[];
  readonly runNet: (request: {
    readonly model: number;
    readonly net: string;
    readonly stage: number;
    readonly inputs: readonly HostTensor[];
  }) => readonly HostTensor[];
  readonly telemetry: (request: object) => Telemetry;
  readonly dispose: (request: { readonly model: number }) => null;
  readonly close: (request: object) => null;
}

/** What bmlib tells of the chip. */
export interface CardIdentity {
  readonly boardName?: string;
  readonly serial?: string;
  readonly driverVersion?: string;
  readonly clockMhz?: number;
}

/** Work that is not answered. A fault of it is the next step's. */
export type CardChange = { readonly model: number; readonly slot: number } & (
  | { readonly kind: 'configure'; readonly sampling: Sampling; readonly history: Int32Array }
  | { readonly kind: 'truncate'; readonly length: number }
  | { readonly kind: 'copyPrefix'; readonly to: number; readonly length: number }
  | { readonly kind: 'save' | 'restore'; readonly length: number; readonly data: Uint8Array }
);

export type CardCallName = keyof CardCalls;
type CardRequest = {
  readonly [K in CardCallName]: {
    readonly id: number;
    readonly call: K;
    readonly request: Parameters<CardCalls[K]>[0];
  };
}[CardCallName];

export type ToCardThread = CardRequest | { readonly change: CardChange };

export type FromCardThread =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: DeviceFault };
