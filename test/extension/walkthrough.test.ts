import { afterEach, expect, test } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { WalkthroughProgress } from '../../extension/walkthrough.ts';
import { FakeSession, readyStatus } from '../support/fakeSession.ts';
import { EventEmitter } from '../support/fakeVscodeClasses.ts';
import { fake } from '../support/fakeVscode.ts';
import { deviceInfo } from '../support/statusInput.ts';

afterEach(() => fake.reset());

function setUp() {
  const contexts: unknown[] = [];
  fake.answers.set('setContext', (key) => void contexts.push(key));
  const changed = new EventEmitter<void>();
  const measured = new EventEmitter<void>();
  const backend = {
    session: undefined as FakeSession | undefined,
    status: undefined as BackendStatus | undefined,
    onDidChange: changed.event,
  };
  const log = { error: (text: unknown) => expect.fail(String(text)) };
  const progress = new WalkthroughProgress(backend, { onDidMeasure: measured.event }, log);
  const become = (status: BackendStatus): void => {
    backend.session = new FakeSession();
    backend.status = status;
    changed.fire();
  };
  return { progress, become, changed, measured, contexts };
}

const model = {
  id: 'm',
  name: 'm',
  slots: 1,
  activeSlots: 0,
  contextLength: 1,
  hasFillIn: false,
  hasChatTemplate: true,
  hasTools: false,
  canThink: false,
};

test('each step is checked off when it has happened, once', () => {
  const { become, changed, measured, contexts } = setUp();
  changed.fire();
  expect(contexts).toEqual([]);
  become({ ...readyStatus, state: 'noModel' });
  expect(contexts).toEqual(['tpuPilot.connected']);
  const devices = [deviceInfo({ models: [model] })];
  become({ ...readyStatus, devices });
  measured.fire();
  measured.fire();
  const latency = { completion: { count: 1 }, chat: { count: 1 } };
  become({ ...readyStatus, devices, latency });
  expect(contexts).toEqual([
    'tpuPilot.connected',
    'tpuPilot.hasModel',
    'tpuPilot.hasSuggested',
    'tpuPilot.hasAnswered',
  ]);
});

test('nothing is checked off after the window has let go', () => {
  const { progress, become, contexts } = setUp();
  progress.dispose();
  become(readyStatus);
  expect(contexts).toEqual([]);
});
