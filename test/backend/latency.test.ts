import { describe, expect, it } from 'vitest';
import { LatencyWindow } from '../../backend/latency.ts';
import type { RequestRecord } from '../../backend/scheduling/observer.ts';

function record(firstTokenMs: number, changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'r',
    model: 'm',
    class: 'chat',
    outcome: 'stop',
    timings: {
      queueMs: 0,
      firstTokenMs,
      totalMs: firstTokenMs * 2,
      promptTokens: 1,
      cachedTokens: 0,
      generatedTokens: 2,
      tokensPerSecond: 10,
    },
    continuations: 0,
    prefilledTokens: 1,
    ...changes,
  };
}

describe('LatencyWindow', () => {
  it('says nothing before the first request', () => {
    expect(new LatencyWindow().summary()).toStrictEqual({
      completion: { count: 0 },
      chat: { count: 0 },
    });
  });

  it('gives nearest-rank percentiles, by class', () => {
    const window = new LatencyWindow();
    for (let ms = 1; ms <= 20; ms++) window.add(record(ms));
    window.add(record(1000, { class: 'completion' }));
    expect(window.summary()).toMatchObject({
      chat: {
        count: 20,
        firstTokenP50Ms: 10,
        firstTokenP95Ms: 19,
        totalP50Ms: 20,
        tokensPerSecond: 10,
      },
      completion: { count: 1, firstTokenP50Ms: 1000, firstTokenP95Ms: 1000 },
    });
  });

  it('counts answers that were read to their end, and of the last hundred', () => {
    const window = new LatencyWindow();
    window.add(record(1, { outcome: 'cancelled' }));
    window.add(record(1, { outcome: 'overloaded' }));
    window.add(record(1, { class: 'batch' }));
    expect(window.summary().chat.count).toBe(0);
    for (let n = 0; n < 100; n++) window.add(record(1));
    for (let n = 0; n < 100; n++) window.add(record(7));
    expect(window.summary().chat).toMatchObject({ count: 100, firstTokenP50Ms: 7 });
  });
});
