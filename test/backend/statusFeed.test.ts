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
