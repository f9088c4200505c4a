import { describe, expect, it } from 'vitest';
import { Metrics, type Gauges } from '../../backend/metrics.ts';
import type { RequestRecord } from '../../backend/scheduling/observer.ts';

const nothing: Gauges = { running: 0, waiting: 0, connections: 0, devices: [] };

const record: RequestRecord = {
  id: 'r1',
  model: 'm',
  class: 'chat',
  outcome: 'stop',
  timings: {
    queueMs: 5,
    firstTokenMs: 150,
    totalMs: 1000,
    promptTokens: 30,
    cachedTokens: 20,
    generatedTokens: 9,
    tokensPerSecond: 8,
  },
  continuations: 0,
  prefilledTokens: 10,
  cancel: { arrivedAtStep: 4, lastStep: 5 },
};

/** Value of a series, written as in the text format. */
async function valueOf(metrics: Metrics, series: string, gauges = nothing): Promise<number> {
  const line = (await metrics.text(gauges)).split('\n').find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length));
}

describe('Metrics', () => {
  it('counts a generation', async () => {
    const metrics = new Metrics();
    metrics.onRequestDone(record);
    const labels = 'model="m",class="chat"';
    const expected: Record<string, number> = {
      [`tpu_pilot_requests_total{${labels},outcome="ok"}`]: 1,
      'tpu_pilot_prefill_tokens_total{model="m"}': 10,
      'tpu_pilot_prefill_cached_tokens_total{model="m"}': 20,
      'tpu_pilot_decode_tokens_total{model="m"}': 9,
      [`tpu_pilot_ttft_seconds_sum{${labels}}`]: 0.15,
      [`tpu_pilot_tpot_seconds_sum{${labels}}`]: 0.125,
      [`tpu_pilot_e2e_seconds_sum{${labels}}`]: 1,
      [`tpu_pilot_queue_seconds_sum{${labels}}`]: 0.005,
      'tpu_pilot_abort_steps_sum{model="m"}': 1,
    };
    for (const [series, value] of Object.entries(expected)) {
      expect([series, await valueOf(metrics, series)]).toStrictEqual([series, value]);
    }
  });

  it.each([
    ['stop', 'ok'],
    ['length', 'length'],
    ['cancelled', 'abort'],
    ['deadline', 'abort'],
    ['overloaded', 'rejected'],
    ['deadlineExceeded', 'rejected'],
    ['promptTooLong', 'rejected'],
    ['deviceLost', 'error'],
    ['internalError', 'error'],
  ] as const)('files %s under %s', async (outcome, label) => {
    const metrics = new Metrics();
    metrics.onRequestDone({ ...record, outcome });
    const series = `tpu_pilot_requests_total{model="m",class="chat",outcome="${label}"}`;
    expect(await valueOf(metrics, series)).toBe(1);
  });

  it('reads gauges when it is asked, and forgets devices that are gone', async () => {
    const metrics = new Metrics();
    const device = {
      id: 'd',
      kind: 'cpu',
      name: 'n',
      state: 'ready' as const,
      restarts: 0,
      models: [],
      telemetry: {
        chipTemperatureC: 61,
        boardTemperatureC: 41,
        boardPowerW: 31,
        heaps: [{ name: 'h', totalBytes: 10, usedBytes: 4 }],
      },
    };
    const gauges = { running: 1, waiting: 2, connections: 3, devices: [device] };
    const used = 'tpu_pilot_device_memory_bytes{device="d",heap="h",kind="used"}';
    expect(await valueOf(metrics, 'tpu_pilot_requests_waiting', gauges)).toBe(2);
    expect(await valueOf(metrics, used, gauges)).toBe(4);
    expect(await valueOf(metrics, 'tpu_pilot_device_temperature_celsius{device="d"}', gauges)).toBe(
      61,
    );
    const board = (what: string): string => `tpu_pilot_device_board_${what}{device="d"}`;
    expect(await valueOf(metrics, board('power_watts'), gauges)).toBe(31);
    expect(await valueOf(metrics, board('temperature_celsius'), gauges)).toBe(41);
    expect(await metrics.text(gauges)).not.toContain('tpu_pilot_device_power_watts{');
    expect(await valueOf(metrics, used, nothing)).toBeNaN();
  });

  it('measures steps', async () => {
    const metrics = new Metrics();
    const step = { device: 'd', model: 'm', step: 1, durationMs: 50, activeSlots: 3 };
    metrics.onStep({ ...step, prefillTokens: 64, decodes: 2 });
    const labels = '{device="d",model="m"}';
    expect(await valueOf(metrics, `tpu_pilot_step_seconds_sum${labels}`)).toBe(0.05);
    expect(await valueOf(metrics, `tpu_pilot_step_batch_sequences_sum${labels}`)).toBe(3);
    expect(await valueOf(metrics, `tpu_pilot_step_prefill_tokens_sum${labels}`)).toBe(64);
  });
});
