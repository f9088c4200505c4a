import { describe, expect, it, onTestFinished } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { StatusFeed } from '../../backend/statusFeed.ts';

const status: BackendStatus = {
  state: 'ready',
  version: '1',
  protocolVersion: 1,
  pid: 1,
  uptimeMs: 1,
  home: '/',
  connections: 1,
  running: 0,
  waiting: 0,
  residentBytes: 1,
  devices: [],
  latency: { completion: { count: 0 }, chat: { count: 0 } },
};

function feedOf(ask: () => Promise<BackendStatus>, hasListeners = () => true) {
  const published: BackendStatus[] = [];
  const feed = new StatusFeed(ask, hasListeners, (one) => published.push(one));
  onTestFinished(() => feed.stop());
  return { feed, published };
}

describe('StatusFeed', () => {
  it('tells what is new, and not that time goes by', async () => {
    let now = status;
    const { feed, published } = feedOf(async () => Promise.resolve(now));
    await feed.check();
    now = { ...status, uptimeMs: 1000, residentBytes: 99 };
    await feed.check();
    expect(published).toHaveLength(1);
    now = { ...status, running: 1 };
    await feed.check();
    expect(published.map(({ running }) => running)).toStrictEqual([0, 1]);
  });

  it('tells when what a device measures has moved, and not that it trembles', async () => {
    const measured = (chipTemperatureC: number, usedBytes: number): BackendStatus => ({
      ...status,
      devices: [
        {
          id: 'tpu0',
          kind: 'bm1684x',
          name: 'Card',
          state: 'ready',
          restarts: 0,
          models: [],
          telemetry: { chipTemperatureC, heaps: [{ name: 'npu', totalBytes: 16e9, usedBytes }] },
        },
      ],
    });
    let now = measured(54.1, 1e9);
    const { feed, published } = feedOf(async () => Promise.resolve(now));
    await feed.check();
    now = measured(54.3, 1.001e9);
    await feed.check();
    expect(published).toHaveLength(1);
    now = measured(55.1, 1.001e9);
    await feed.check();
    now = measured(55.1, 3e9);
    await feed.check();
    expect(published).toHaveLength(3);
  });

  it('asks nobody when nobody listens', async () => {
    let asked = 0;
    const { feed } = feedOf(
      async () => Promise.resolve({ ...status, running: ++asked }),
      () => false,
    );
    await feed.check();
    expect(asked).toBe(0);
  });

  it('survives a status that cannot be had', async () => {
    let fails = true;
    const { feed, published } = feedOf(async () =>
      fails ? Promise.reject(new Error('busy')) : Promise.resolve(status),
    );
    await feed.check();
    fails = false;
    await feed.check();
    expect(published).toHaveLength(1);
  });
});
