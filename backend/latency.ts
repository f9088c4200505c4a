/** Latencies of the last requests, for the status bar: percentiles that follow what the user feels. */
import type { BackendStatus, Latency } from './protocol/backend.ts';
import type { Timings } from './protocol/generation.ts';
import type { RequestRecord } from './scheduling/observer.ts';

/** Requests remembered of each class. */
const WINDOW = 100;

export class LatencyWindow {
  readonly #completion: Timings[] = [];
  readonly #chat: Timings[] = [];

  /** Counts answers that a reader got whole; what was cancelled or refused says nothing of speed. */
  add({ class: requestClass, outcome, timings }: RequestRecord): void {
    if (outcome !== 'stop' && outcome !== 'length') return;
    if (requestClass !== 'completion' && requestClass !== 'chat') return;
    const window = requestClass === 'completion' ? this.#completion : this.#chat;
    window.push(timings);
    if (window.length > WINDOW) window.shift();
  }

  summary(): BackendStatus['latency'] {
    return { completion: summarize(this.#completion), chat: summarize(this.#chat) };
  }
}

function summarize(window: readonly Timings[]): Latency {
  const firstToken = sorted(window.map((timings) => timings.firstTokenMs));
  const total = sorted(window.map((timings) => timings.totalMs));
  const rates = sorted(window.map((timings) => timings.tokensPerSecond));
  const figures = {
    firstTokenP50Ms: percentile(firstToken, 0.5),
    firstTokenP95Ms: percentile(firstToken, 0.95),
    totalP50Ms: percentile(total, 0.5),
    totalP95Ms: percentile(total, 0.95),
    tokensPerSecond: percentile(rates, 0.5),
  };
  return { count: window.length, ...(window.length > 0 && figures) };
}

function sorted(values: readonly (number | undefined)[]): number[] {
  return values.filter((value) => value !== undefined).sort((a, b) => a - b);
}

/** Nearest rank: always a value that was measured. */
function percentile(ascending: readonly number[], share: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(share * ascending.length) - 1)];
}
