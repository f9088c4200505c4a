import { expect, test, vi } from 'vitest';
import { PilotError } from '../../backend/protocol/errors.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import { FakeClock, FakeConnector, FakeSession, readyStatus } from '../support/fakeSession.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

function setUp(remote = false): {
  connection: BackendConnection;
  connector: FakeConnector;
  clock: FakeClock;
} {
  const connector = new FakeConnector(remote);
  const clock = new FakeClock();
  return { connection: new BackendConnection(connector, log, clock), connector, clock };
}

/** Resolves when the connection is in that phase. */
async function reach(connection: BackendConnection, phase: string): Promise<void> {
  await vi.waitUntil(() => connection.supervision.phase === phase, { interval: 1 });
}

test('a request waits for a connection that is being made', async () => {
  const { connection, connector } = setUp();
  const session = new FakeSession();
  connection.start();
  const waiting = connection.ready();
  connector.queue(session);
  expect(await waiting).toBe(session);
  expect(connection.status).toEqual(readyStatus);
});

test('without a backend a request fails at once and says so', async () => {
  const { connection } = setUp();
  await expect(connection.ready()).rejects.toThrow('it is not running');
});

test('a request that is cancelled stops waiting', async () => {
  const { connection } = setUp();
  connection.start();
  const controller = new AbortController();
  const waiting = connection.ready(controller.signal);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ errorName: 'cancelled' });
});

test('a request does not wait forever', async () => {
  const { connection, clock } = setUp();
  connection.start();
  const waiting = connection.ready();
  clock.advance(60_000);
  await expect(waiting).rejects.toMatchObject({ errorName: 'backendUnreachable' });
});

test('status notifications are kept and announced', async () => {
  const { connection, connector } = setUp();
  const session = new FakeSession();
  connector.queue(session);
  connection.start();
  await connection.ready();
  const changed = vi.fn();
  connection.onDidChange(changed);
  session.emit('backend/statusChanged', { ...readyStatus, running: 3 });
  expect(connection.status?.running).toBe(3);
  expect(changed).toHaveBeenCalledOnce();
});

test('a lost backend is started again after a delay', async () => {
  const { connection, connector, clock } = setUp();
  const [first, second] = [new FakeSession(), new FakeSession()];
  connector.queue(first);
  connection.start();
  await connection.ready();
  await first.close();
  await reach(connection, 'waiting');
  expect(connection.session).toBeUndefined();
  connector.queue(second);
  clock.advance(250);
  expect(await connection.ready()).toBe(second);
  expect(connector.attempts.map(({ mayStart }) => mayStart)).toEqual([true, true]);
});

test('a backend that cannot be started is given up on, and requests get its reason', async () => {
  const { connection, connector, clock } = setUp();
  connector.queue(
    ...Array.from({ length: 6 }, () => new PilotError('backendNotStarted', { reason: 'exit 1' })),
  );
  connection.start();
  for (let i = 0; i < 5; i++) {
    await reach(connection, 'waiting');
    clock.advance(8000);
  }
  await reach(connection, 'failed');
  await expect(connection.ready()).rejects.toThrow('exit 1');
  connector.queue(new FakeSession());
  connection.start();
  await connection.ready();
});

test('a wrong token is not tried twice', async () => {
  const { connection, connector } = setUp(true);
  connector.queue(new PilotError('unauthorized'));
  connection.start();
  await reach(connection, 'failed');
  expect(connector.attempts).toHaveLength(1);
});

test('stopping asks the backend, and is done when its process has ended', async () => {
  const { connection, connector } = setUp();
  const session = new FakeSession();
  connector.queue(session);
  let end: () => void = () => undefined;
  connector.ending = new Promise((resolve) => {
    end = resolve;
  });
  connection.start();
  await connection.ready();
  const stopped = connection.stop();
  await vi.waitUntil(() => connection.status?.state === 'draining', { interval: 1 });
  expect(session.requests.map(({ method }) => method)).toContain('backend/stop');
  await session.close();
  expect(connection.supervision.phase).toBe('connected');
  end();
  expect(await stopped).toBe('stopped');
  expect(connection.supervision.phase).toBe('stopped');
  expect(await connection.stop()).toBe('alreadyStopped');
});

test('a remote backend is left, not stopped', async () => {
  const { connection, connector, clock } = setUp(true);
  const session = new FakeSession({}, true);
  connector.queue(session);
  connection.start();
  await connection.ready();
  expect(await connection.stop()).toBe('disconnected');
  expect(session.requests.map(({ method }) => method)).not.toContain('backend/stop');
  expect(session.isClosed).toBe(true);
  clock.advance(60_000);
  expect(connector.attempts).toHaveLength(1);
});

test('a backend stopped in another window is not started again, but found when it is back', async () => {
  const { connection, connector, clock } = setUp();
  const [first, second] = [new FakeSession(), new FakeSession()];
  connector.queue(first);
  connection.start();
  await connection.ready();
  first.emit('backend/statusChanged', { ...readyStatus, state: 'draining' });
  await first.close();
  await reach(connection, 'stopped');
  connector.queue(new PilotError('backendUnreachable', { url: '', reason: '' }));
  clock.advance(5000);
  await reach(connection, 'connecting');
  await reach(connection, 'stopped');
  connector.queue(second);
  clock.advance(5000);
  await reach(connection, 'connected');
  expect(connector.attempts.map(({ mayStart }) => mayStart)).toEqual([true, false, false]);
});

test('a backend that is just leaving is not attached to', async () => {
  const { connection, connector } = setUp();
  const leaving = new FakeSession({
    'backend/status': () => ({ ...readyStatus, state: 'draining' }),
  });
  connector.queue(leaving);
  connection.start();
  await reach(connection, 'waiting');
  expect(leaving.isClosed).toBe(true);
});

test('a restart starts anew when the old process has ended', async () => {
  const { connection, connector } = setUp();
  const [first, second] = [new FakeSession(), new FakeSession()];
  connector.queue(first, second);
  let end: () => void = () => undefined;
  connector.ending = new Promise((resolve) => {
    end = resolve;
  });
  connection.start();
  await connection.ready();
  const restarted = connection.restart();
  await first.close();
  expect(connector.attempts).toHaveLength(1);
  end();
  await restarted;
  expect(await connection.ready()).toBe(second);
});

test('a restart without the right to stop connects anew', async () => {
  const { connection, connector } = setUp();
  const refusing = new FakeSession({
    'backend/stop': () => {
      throw new PilotError('forbidden', { method: 'backend/stop' });
    },
  });
  connector.queue(refusing, new FakeSession());
  connection.start();
  await connection.ready();
  await connection.restart();
  await connection.ready();
  expect(refusing.isClosed).toBe(true);
});

test('a session that arrives after the stop is closed', async () => {
  const { connection, connector } = setUp();
  connection.start();
  await connection.stop();
  const late = new FakeSession();
  connector.queue(late);
  await vi.waitUntil(() => late.isClosed, { interval: 1 });
  expect(connector.attempts[0]?.signal.aborted).toBe(true);
  expect(connection.session).toBeUndefined();
});

test('closing leaves the backend running', async () => {
  const { connection, connector } = setUp();
  const session = new FakeSession();
  connector.queue(session);
  connection.start();
  await connection.ready();
  await connection.close();
  expect(session.isClosed).toBe(true);
  expect(session.requests.map(({ method }) => method)).not.toContain('backend/stop');
});
