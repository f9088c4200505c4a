/** Tells clients about changes of the status, at most once in an interval. */
import type { BackendStatus } from './protocol/backend.ts';

/** Asking the devices costs each a message; nobody reads faster than this. */
const INTERVAL_MS = 1_000;

export class StatusFeed {
  readonly #timer: NodeJS.Timeout;
  #last = '';
  #checks = Promise.resolve();
  #pending = 0;

  /** @param publish is called with each status that tells something new */
  constructor(
    private readonly status: () => Promise<BackendStatus>,
    private readonly hasListeners: () => boolean,
    private readonly publish: (status: BackendStatus) => void,
  ) {
    this.#timer = setInterval(() => {
      if (this.#pending === 0) void this.check();
    }, INTERVAL_MS).unref();
  }

  /** Looks now, as something is known to have changed; resolves when clients have been told. */
  async check(): Promise<void> {
    this.#pending += 1;
    // One after the other, so that the last one sees what was true when it was asked for.
    this.#checks = this.#checks.then(async () => this.#look());
    await this.#checks;
    this.#pending -= 1;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (!this.hasListeners()) return;
    try {
      const status = await this.status();
      const essence = essenceOf(status);
      if (essence !== this.#last) this.publish(status);
      this.#last = essence;
    } catch {
      // A device that cannot say how it is will be asked again.
    }
  }
}

/** A measured value has to move by this much, in its own unit, to be worth telling. */
const TELLING_BYTES = 64 * 1024 * 1024;
const TELLING_SHARE = 0.1;
const TELLING_RPM = 100;

/** What grows or trembles with every second is not news. */
function essenceOf(status: BackendStatus): string {
  return JSON.stringify({ ...status, uptimeMs: 0, residentBytes: 0 }, (key, value: unknown) => {
    if (typeof value !== 'number') return value;
    if (key.endsWith('Bytes')) return Math.round(value / TELLING_BYTES);
    if (key === 'utilization') return Math.round(value / TELLING_SHARE);
    if (key === 'fanRpm') return Math.round(value / TELLING_RPM);
    // Whole degrees and watts.
    return /(TemperatureC|powerW)$/i.test(key) ? Math.round(value) : value;
  });
}
