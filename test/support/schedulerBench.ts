/** A batch scheduler over the in-memory device, in this process, a turn at a time. */
import type { LoadedModel, LoadOptions } from '../../backend/devices/device.ts';
import { BatchScheduler, type BatchSchedulerOptions } from '../../backend/host/batchScheduler.ts';
import type { Progress, Submission } from '../../backend/host/messages.ts';
import { MemoryDevice, type MemoryDeviceOptions } from './memoryDevice.ts';
import type { MemoryModel } from './memoryModel.ts';

export const endless: MemoryDeviceOptions = { endOneIn: 0 };
export const tokensOf = (text: string): Int32Array => Int32Array.from(Buffer.from(text));
export const prompt = (seed: number, length: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => 97 + ((seed * 7 + i * (seed + 1)) % 26));

/** A scheduler over the in-memory device, and all that it reported. */
export class SchedulerBench {
  readonly reports: Progress[] = [];
  #order = 0;

  private constructor(
    readonly model: MemoryModel,
    readonly scheduler: BatchScheduler,
  ) {}

  static async create(
    device: MemoryDeviceOptions = endless,
    load: Partial<LoadOptions> = {},
    options: BatchSchedulerOptions = {},
    changes: Partial<LoadedModel> = {},
  ): Promise<SchedulerBench> {
    const model = await new MemoryDevice(device).load({ path: 'm', slots: 4, ...load });
    Object.assign(model, changes);
    return new SchedulerBench(model, new BatchScheduler(model, options));
  }

  submit(id: string, changes: Partial<Submission> = {}): Submission {
    const submission: Submission = {
      id,
      class: 'chat',
      order: this.#order++,
      prompt: tokensOf('hello'),
      generated: new Int32Array(),
      maxTokens: 8,
      sampling: { temperature: 0 },
      stop: [],
      overflow: 'stop',
      ...changes,
    };
    this.scheduler.submit(submission);
    return submission;
  }

  async turn(times = 1): Promise<Progress> {
    for (let i = 0; i < times; i++) this.reports.push(await this.scheduler.turn());
    return this.reports.at(-1)!;
  }

  /** Turns until nothing is left to do. */
  async finish(): Promise<void> {
    while (this.scheduler.hasWork) await this.turn();
  }

  tokens(id: string): number[] {
    return this.#answers(id).flatMap(({ tokens }) => tokens);
  }

  text(id: string): string {
    return this.#answers(id)
      .map(({ text }) => text)
      .join('');
  }

  ends(id: string): Progress['ended'] {
    return this.reports.flatMap(({ ended }) => ended.filter((one) => one.id === id));
  }

  cached(id: string): number | undefined {
    return this.reports.flatMap(({ placed }) => placed).findLast((one) => one.id === id)
      ?.cachedTokens;
  }

  /** Numbers of the steps that gave the request a token. */
  stepsOf(id: string): number[] {
    return this.reports
      .filter(({ answers }) => answers.some((one) => one.id === id))
      .map(({ step }) => step!.step);
  }

  #answers(id: string): Progress['answers'] {
    return this.reports.flatMap(({ answers }) => answers.filter((one) => one.id === id));
  }
}
