/** What the backend measures of itself, for Prometheus. No label holds text or anything a client wrote. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DeviceInfo } from './protocol/devices.ts';
import type { EngineObserver, RequestRecord, StepRecord } from './scheduling/observer.ts';

const PREFIX = 'tpu_pilot_';

/** Bounds in seconds that tell 10 ms from 20 on a card, and 10 s from 20 on a small CPU. */
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 60];
const STEP_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];

/** What is read, not counted: asked for when somebody looks. */
export interface Gauges {
  readonly running: number;
  readonly waiting: number;
  readonly connections: number;
  readonly devices: readonly DeviceInfo[];
}

export class Metrics implements EngineObserver {
  readonly #registry = new Registry();
  readonly #histograms = createHistograms(this.#registry);
  readonly #counters = createCounters(this.#registry);
  readonly #gauges = createGauges(this.#registry);

  constructor() {
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
  }

  onRequestDone(record: RequestRecord): void {
    const { model, timings, outcome, cancel } = record;
    const labels = { model, class: record.class };
    this.#counters.requests.inc({ ...labels, outcome: outcomeLabel(outcome) });
    this.#counters.continuations.inc({ model }, record.continuations);
    this.#counters.prefillTokens.inc({ model }, timings.promptTokens - timings.cachedTokens);
    this.#counters.cachedTokens.inc({ model }, timings.cachedTokens);
    this.#counters.decodeTokens.inc({ model }, timings.generatedTokens);
    this.#histograms.queue.observe(labels, timings.queueMs / 1000);
    this.#histograms.total.observe(labels, timings.totalMs / 1000);
    if (timings.firstTokenMs !== undefined) {
      this.#histograms.firstToken.observe(labels, timings.firstTokenMs / 1000);
    }
    if (timings.tokensPerSecond !== undefined) {
      this.#histograms.perToken.observe(labels, 1 / timings.tokensPerSecond);
    }
    if (cancel) {
      this.#histograms.abortSteps.observe({ model }, cancel.lastStep - cancel.arrivedAtStep);
    }
  }

  onStep({ device, model, durationMs, decodes, prefillTokens }: StepRecord): void {
    const labels = { device, model };
    this.#histograms.step.observe(labels, durationMs / 1000);
    this.#histograms.stepSequences.observe(labels, decodes + (prefillTokens > 0 ? 1 : 0));
    this.#histograms.stepPrefill.observe(labels, prefillTokens);
  }

  onRestart(device: string): void {
    this.#counters.restarts.inc({ device });
  }

  onModelLoaded(model: string, ms: number): void {
    this.#histograms.load.observe({ model }, ms / 1000);
  }

  /** The registry in Prometheus text format 0.0.4. */
  async text(now: Gauges): Promise<string> {
    const gauges = this.#gauges;
    for (const gauge of Object.values(gauges)) gauge.reset();
    gauges.running.set(now.running);
    gauges.waiting.set(now.waiting);
    gauges.connections.set(now.connections);
    for (const { id: device, models, telemetry } of now.devices) {
      gauges.modelsLoaded.set({ device }, models.length);
      for (const { id: model, activeSlots } of models) {
        gauges.slotsUsed.set({ device, model }, activeSlots);
      }
      for (const { name: heap, totalBytes, usedBytes } of telemetry.heaps ?? []) {
        gauges.memory.set({ device, heap, kind: 'total' }, totalBytes);
        gauges.memory.set({ device, heap, kind: 'used' }, usedBytes);
      }
      setIfKnown(gauges.chipTemperature, device, telemetry.chipTemperatureC);
      setIfKnown(gauges.power, device, telemetry.powerW);
      setIfKnown(gauges.boardPower, device, telemetry.boardPowerW);
      setIfKnown(gauges.boardTemperature, device, telemetry.boardTemperatureC);
      setIfKnown(gauges.utilization, device, telemetry.utilization);
    }
    return this.#registry.metrics();
  }
}

function setIfKnown(gauge: Gauge<'device'>, device: string, value: number | undefined): void {
  if (value !== undefined) gauge.set({ device }, value);
}

type Outcome = 'ok' | 'length' | 'abort' | 'rejected' | 'error';

function outcomeLabel(outcome: RequestRecord['outcome']): Outcome {
  switch (outcome) {
    case 'stop':
      return 'ok';
    case 'length':
      return 'length';
    case 'cancelled':
    case 'deadline':
      return 'abort';
    case 'overloaded':
    case 'deadlineExceeded':
    case 'draining':
    case 'promptTooLong':
      return 'rejected';
    default:
      return 'error';
  }
}

function createHistograms(registry: Registry) {
  const make = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    buckets: number[],
  ): Histogram<L> =>
    new Histogram({ name: PREFIX + name, help, labelNames, buckets, registers: [registry] });
  const request = ['model', 'class'] as const;
  const step = ['device', 'model'] as const;
  const model = ['model'] as const;
  return {
    firstToken: make('ttft_seconds', 'Arrival to first token.', request, SECONDS),
    perToken: make('tpot_seconds', 'Mean time per output token.', request, STEP_SECONDS),
    total: make('e2e_seconds', 'Arrival to last token.', request, SECONDS),
    queue: make('queue_seconds', 'Arrival to dispatch.', request, SECONDS),
    step: make('step_seconds', 'Duration of a device step.', step, STEP_SECONDS),
    stepSequences: make(
      'step_batch_sequences',
      'Sequences in a device step.',
      step,
      [1, 2, 4, 8, 16, 32],
    ),
    stepPrefill: make(
      'step_prefill_tokens',
      'Prompt tokens in a device step.',
      step,
      [0, 16, 32, 64, 128, 256, 512],
    ),
    abortSteps: make(
      'abort_steps',
      'Steps a request still took part in after its cancel arrived.',
      model,
      [0, 1, 2, 4, 8],
    ),
    load: make('model_load_seconds', 'Time to load a model.', model, SECONDS),
  };
}

function createCounters(registry: Registry) {
  const make = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return {
    requests: make('requests_total', 'Generations, by how they ended.', [
      'model',
      'class',
      'outcome',
    ]),
    continuations: make('continuations_total', 'Generations continued after a device restart.', [
      'model',
    ]),
    prefillTokens: make('prefill_tokens_total', 'Prompt tokens computed.', ['model']),
    cachedTokens: make('prefill_cached_tokens_total', 'Prompt tokens whose KV was reused.', [
      'model',
    ]),
    decodeTokens: make('decode_tokens_total', 'Tokens generated.', ['model']),
    restarts: make('device_restarts_total', 'Times a device host died.', ['device']),
  };
}

function createGauges(registry: Registry) {
  const make = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: PREFIX + name, help, labelNames, registers: [registry] });
  return {
    running: make('requests_running', 'Generations on a device.'),
    waiting: make('requests_waiting', 'Generations in the queue.'),
    connections: make('connections', 'Open websockets.'),
    modelsLoaded: make('models_loaded', 'Models on a device.', ['device']),
    slotsUsed: make('kv_slots_used', 'Slots with a request.', ['device', 'model']),
    memory: make('device_memory_bytes', 'Memory of a device by heap.', ['device', 'heap', 'kind']),
    chipTemperature: make('device_temperature_celsius', 'Temperature of the chip.', ['device']),
    power: make('device_power_watts', 'Power the chip draws.', ['device']),
    boardPower: make('device_board_power_watts', 'Power the board draws.', ['device']),
    boardTemperature: make('device_board_temperature_celsius', 'Temperature of the board.', [
      'device',
    ]),
    utilization: make('device_utilization_ratio', 'Share of time the chip works.', ['device']),
  };
}
