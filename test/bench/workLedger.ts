/** What a device has computed, to the token: prefilled and generated. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Timings } from '../../backend/protocol/generation.ts';
import type {
  EngineObserver,
  RequestRecord,
  StepRecord,
} from '../../backend/scheduling/observer.ts';

const POLL_MS = 50;
const MAX_TRIES = 200;

export class WorkLedger implements EngineObserver {
  #tokens = 0;
  readonly #records: RequestRecord[] = [];

  /** Tokens of all steps that ended well so far; what an aborted one had computed is not known. */
  get tokens(): number {
    return this.#tokens;
  }

  onStep({ prefillTokens, decodes }: StepRecord): void {
    this.#tokens += prefillTokens + decodes;
  }

  onRequestDone(record: RequestRecord): void {
    this.#records.push(record);
  }

  /**
   * Tokens computed for the request with these timings. The device may say so a step later than the
   * answer comes.
   */
  async costOf(timings: Timings): Promise<number> {
    const isIt = (one: RequestRecord): boolean =>
      one.timings.totalMs === timings.totalMs && one.timings.queueMs === timings.queueMs;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const record = this.#records.find(isIt);
      // The first token comes with the last of the prompt, in the same step.
      if (record) return record.prefilledTokens + Math.max(0, record.timings.generatedTokens - 1);
      await delay(POLL_MS);
    }
    throw new Error('The engine does not know this request.');
  }
}
