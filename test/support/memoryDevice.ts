/**
 * A device in memory: the whole contract, no library. A sampled token is a hash of the slot's whole
 * sequence, so it shows a lost, doubled or foreign token at once. Tests decide how long a step takes.
 */
import {
  DeviceError,
  type Device,
  type DeviceIdentity,
  type LoadOptions,
  type StepPlan,
} from '../../backend/devices/device.ts';
import type { Telemetry } from '../../backend/protocol/devices.ts';
import { MemoryModel } from './memoryModel.ts';

export interface MemoryDeviceOptions {
  /** What the model was trained for, in tokens. */
  readonly trainedContextLength?: number;
  /** One sampled token in so many is an end token; 0 for never. */
  readonly endOneIn?: number;
  /** Whether the model has fill-in tokens. */
  readonly fillIn?: boolean;
  readonly chatTemplate?: string;
  /**
   * How long a step takes: it ends when this settles, and rejects when this rejects. The signal
   * aborts when `abort()` is called. The default is one turn of the event loop.
   */
  readonly duringStep?: (plan: StepPlan, signal: AbortSignal) => Promise<void>;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const chatmlTemplate =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}';

export class MemoryDevice implements Device {
  /** Every model loaded, for tests that look inside. */
  readonly models: MemoryModel[] = [];
  private readonly options: Required<MemoryDeviceOptions>;

  constructor(options: MemoryDeviceOptions = {}) {
    this.options = {
      trainedContextLength: 2048,
      endOneIn: 48,
      fillIn: true,
      chatTemplate: chatmlTemplate,
      duringStep: nextTurn,
      ...options,
    };
  }

  info(): DeviceIdentity {
    return { kind: 'memory', name: 'In-memory device' };
  }

  telemetry(): Promise<Telemetry> {
    return Promise.resolve({});
  }

  /** Any path is a model, but one with "invalid" or "unsupported" in its name. */
  async load(options: LoadOptions): Promise<MemoryModel> {
    await nextTurn();
    if (options.path.includes('invalid')) {
      throw new DeviceError('invalidModel', `${options.path} is not a model.`);
    }
    if (options.path.includes('unsupported')) {
      throw new DeviceError('unsupportedModel', `${options.path} has an unknown architecture.`);
    }
    options.onProgress?.(1);
    const model = new MemoryModel(options, this.options);
    this.models.push(model);
    return model;
  }

  async close(): Promise<void> {
    await Promise.all(this.models.map((model) => model.dispose()));
  }
}

/** A `duringStep` that holds every step until the test lets it go. */
export class StepGate {
  private readonly waiting: (() => void)[] = [];
  private readonly arrivals: (() => void)[] = [];
  private permits = 0;

  /** Steps that wait at the gate: 0 or 1 for each model. */
  get held(): number {
    return this.waiting.length;
  }

  /** Pass this as `duringStep`. */
  readonly pass = (_plan: StepPlan, signal: AbortSignal): Promise<void> => {
    if (this.permits > 0) {
      this.permits--;
      return nextTurn();
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', stop);
        resolve();
      };
      const stop = (): void => {
        this.waiting.splice(this.waiting.indexOf(go), 1);
        reject(new DeviceError('aborted', 'The step was aborted.'));
      };
      signal.addEventListener('abort', stop, { once: true });
      this.waiting.push(go);
      for (const arrived of this.arrivals.splice(0)) arrived();
    });
  };

  /** Resolves as soon as a step waits at the gate. */
  arrived(): Promise<void> {
    if (this.held > 0) return Promise.resolve();
    return new Promise((resolve) => this.arrivals.push(resolve));
  }

  /** Let so many steps pass, those that wait first. */
  open(steps = 1): void {
    for (let i = 0; i < steps; i++) {
      const go = this.waiting.shift();
      if (go === undefined) this.permits++;
      else go();
    }
  }
}
