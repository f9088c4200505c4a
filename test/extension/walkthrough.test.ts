import { afterEach, expect, test, vi } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { WalkthroughProgress } from '../../extension/walkthrough.ts';
import { FakeSession, readyStatus } from '../support/fakeSession.ts';
import { EventEmitter } from '../support/fakeVscodeClasses.ts';
import { fake } from '../support/fakeVscode.ts';
import { deviceInfo } from '../support/statusInput.ts';

afterEach(() => fake.reset());

function setUp() {
  const contexts: [unknown, unknown][] = [];
  fake.answers.set('setContext', (key, value) => void contexts.push([key, value]));
  const changed = new EventEmitter<void>();
  const measured = new EventEmitter<void>();
  const backend = {
    session: undefined as FakeSession | undefined,
    status: undefined as BackendStatus | undefined,
    onDidChange: changed.event,
  };
  const tabChanged = new EventEmitter<unknown>();
  const tabs = {
    all: [] as { activeTab: { input: unknown } | undefined }[],
    onDidChangeTabs: tabChanged.event,
  };
  const log = { error: (text: unknown) => expect.fail(String(text)) };
  const progress = new WalkthroughProgress(backend, { onDidMeasure: measured.event }, log, tabs);
  const become = (status: BackendStatus): void => {
    backend.session = new FakeSession();
    backend.status = status;
    changed.fire();
  };
  /** A page is shown; of those that only VS Code knows, the input is undefined. */
  const look = (input: unknown): void => {
    tabs.all = [{ activeTab: { input } }];
    tabChanged.fire(undefined);
  };
  return { progress, become, changed, measured, contexts, look };
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

/** Keys that were true for a moment, in order. */
async function pulses(
  contexts: readonly (readonly [unknown, unknown])[],
  count: number,
): Promise<unknown[]> {
  await vi.waitUntil(() => contexts.length >= 2 * count, { interval: 1 });
  expect(contexts.map(([, value]) => value)).toEqual(contexts.map((_, i) => i % 2 === 0));
  return contexts.filter((_, i) => i % 2 === 0).map(([key]) => key);
}

test('each step is told when it has happened, once', async () => {
  const { become, changed, measured, contexts } = setUp();
  changed.fire();
  become({ ...readyStatus, state: 'noModel' });
  const devices = [deviceInfo({ models: [model] })];
  become({ ...readyStatus, devices });
  measured.fire();
  measured.fire();
  const latency = { completion: { count: 1 }, chat: { count: 1 } };
  become({ ...readyStatus, devices, latency });
  expect(await pulses(contexts, 4)).toEqual([
    'tpuPilot.connected',
    'tpuPilot.hasModel',
    'tpuPilot.hasSuggested',
    'tpuPilot.hasAnswered',
  ]);
});

test('what was reached before is told again when a page of the editor itself is shown', async () => {
  const { become, contexts, look } = setUp();
  become({ ...readyStatus, state: 'noModel' });
  look({ uri: 'some file' });
  look(undefined);
  expect(await pulses(contexts, 2)).toEqual(['tpuPilot.connected', 'tpuPilot.connected']);
});

test('nothing is told after the window has let go', () => {
  const { progress, become, contexts } = setUp();
  progress.dispose();
  become(readyStatus);
  expect(contexts).toEqual([]);
});
