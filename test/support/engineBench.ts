/** An engine over a device host process with the in-memory device, and readers of its answers. */
import { onTestFinished } from 'vitest';
import { PilotError } from '../../backend/protocol/errors.ts';
import { DeviceEngine, type DeviceEngineOptions } from '../../backend/scheduling/deviceEngine.ts';
import type { GenerationOutcome, GenerationRequest } from '../../backend/scheduling/engine.ts';
import type { LivenessLimits } from '../../backend/scheduling/liveness.ts';
import type { RequestRecord, StepRecord } from '../../backend/scheduling/observer.ts';
import type { RestartPolicy } from '../../backend/scheduling/restartPolicy.ts';
import type { MemoryHostBehaviour } from './memoryDeviceHost.ts';

export interface EngineBenchOptions extends Partial<DeviceEngineOptions> {
  readonly liveness?: LivenessLimits;
}

/** One reader of one answer. */
export interface Reading {
  readonly outcome: Promise<GenerationOutcome>;
  /** The name of the error that it ends with; undefined if it ends well. */
  readonly error: Promise<string | undefined>;
  readonly texts: string[];
  readonly notices: string[];
  readonly cancel: AbortController;
  /** Resolves when another piece of text has come, and there are so many. */
  reached(pieces: number): Promise<void>;
}

/** Restarts at once, and often. */
export const quickRestarts: RestartPolicy = {
  budget: 1000,
  windowMs: 1e9,
  firstDelayMs: 1,
  longestDelayMs: 1,
  deaths: [],
};

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export function promptOf(text: string): Int32Array {
  return Int32Array.from(Buffer.from(text));
}

/** The name of the error that a promise rejects with; undefined when it does not. */
export function errorOf(promise: Promise<unknown>): Promise<string | undefined> {
  return promise.then(
    () => undefined,
    (error: unknown) => (error instanceof PilotError ? error.errorName : String(error)),
  );
}

export class EngineBench {
  readonly engine: DeviceEngine;
  readonly done: RequestRecord[] = [];
  readonly steps: StepRecord[] = [];

  /** Until the test has finished. */
  constructor(
    modulePath: string,
    behaviour: MemoryHostBehaviour = {},
    { liveness, ...options }: EngineBenchOptions = {},
  ) {
    const host = { modulePath, args: [JSON.stringify(behaviour)], ...(liveness && { liveness }) };
    this.engine = new DeviceEngine({
      devices: [{ id: 'mem', kind: 'memory', host }],
      log: silent,
      slots: 4,
      restarts: quickRestarts,
      observer: {
        onRequestDone: (record) => this.done.push(record),
        onStep: (record) => this.steps.push(record),
      },
      ...options,
    });
    onTestFinished(() => this.engine.drain(AbortSignal.abort()));
  }

  load(id = 'm', path = id): Promise<void> {
    return this.engine.load({ id, aliases: [`the-${id}`], path });
  }

  read(changes: Partial<GenerationRequest> = {}, prompt = 'Once upon a time'): Reading {
    const texts: string[] = [];
    const notices: string[] = [];
    const cancel = new AbortController();
    const waiting: { readonly pieces: number; readonly resolve: () => void }[] = [];
    const outcome = this.engine.generate(
      {
        model: this.engine.resolve(undefined, 'chat'),
        class: 'chat',
        prompt: promptOf(prompt),
        maxTokens: 40,
        sampling: { temperature: 0 },
        stop: [],
        ...changes,
      },
      {
        onText: (text) => {
          texts.push(text);
          for (const one of waiting) if (texts.length >= one.pieces) one.resolve();
        },
        onNotice: (message) => notices.push(message),
      },
      cancel.signal,
    );
    return {
      outcome,
      error: errorOf(outcome),
      texts,
      notices,
      cancel,
      reached: (pieces) => new Promise((resolve) => waiting.push({ pieces, resolve })),
    };
  }

  /** Send a signal to the host, if one runs. */
  async signalHost(signal: NodeJS.Signals): Promise<void> {
    const pid = (await this.engine.devices())[0]?.pid;
    try {
      if (pid !== undefined) process.kill(pid, signal);
    } catch (error) {
      // It died by itself, and its exit is not yet known here.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}
