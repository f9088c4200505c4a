/** What the engine tells those who measure it. It never tells text or tokens. */
import type { StepFacts } from '../host/messages.ts';
import type { ErrorName } from '../protocol/errorTable.ts';
import type { FinishReason, RequestClass, Timings } from '../protocol/generation.ts';

/** One request, when nothing of it is left in queue or device. */
export interface RequestRecord {
  readonly id: string;
  readonly model: string;
  readonly class: RequestClass;
  readonly outcome: FinishReason | ErrorName;
  readonly timings: Timings;
  /** Times it was continued after its device host had died. */
  readonly continuations: number;
  /** Tokens computed before its first new one, on the host that ended it. */
  readonly prefilledTokens: number;
  /** Steps of the model, counted by its host: when the cancel arrived, and the last one it was in. */
  readonly cancel?: { readonly arrivedAtStep: number; readonly lastStep: number };
}

/** One step of one model. */
export interface StepRecord extends StepFacts {
  readonly device: string;
  readonly model: string;
}

export interface EngineObserver {
  onRequestDone?(record: RequestRecord): void;
  onStep?(record: StepRecord): void;
  /** A device host died and will be started again. */
  onRestart?(device: string): void;
}
