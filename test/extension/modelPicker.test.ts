import { afterEach, expect, test } from 'vitest';
import type { ModelInfo } from '../../backend/protocol/models.ts';
import type { BackendConnection } from '../../extension/backendConnection.ts';
import { manageModels, modelItems } from '../../extension/modelPicker.ts';
import type { ModelSetup } from '../../extension/modelSetup.ts';
import { FakeSession } from '../support/fakeSession.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

function model(id: string, changes: Partial<ModelInfo> = {}): ModelInfo {
  return {
    id,
    aliases: [],
    format: 'gguf',
    path: `/models/${id}.gguf`,
    source: `hf:org/${id}`,
    files: [{ name: `${id}.gguf`, size: 98 * 1024 ** 2, sha256: 'a'.repeat(64) }],
    addedAt: '2026-01-01T00:00:00Z',
    hasChatTemplate: true,
    hasFillIn: false,
    loaded: false,
    ...changes,
  };
}

const loaded = model('small', { loaded: true, aliases: ['default'], quantization: 'Q4_1' });
const other = model('large');

/** What is done when that line of the list is chosen. */
async function choose(label: string): Promise<string[]> {
  const done: string[] = [];
  const session = new FakeSession({ 'model/list': () => ({ models: [loaded, other] }) });
  const backend: Pick<BackendConnection, 'start' | 'ready'> = {
    start: () => void done.push('start'),
    ready: () => Promise.resolve(session),
  };
  const setup: Pick<ModelSetup, 'getModel' | 'load'> = {
    getModel: (source) => Promise.resolve(void done.push(`get ${source ?? 'default'}`)),
    load: (_, { id }) => Promise.resolve(void done.push(`load ${id}`)),
  };
  fake.entered = label;
  await manageModels(backend, setup);
  return done;
}

test('each model says what it is, and whether it is loaded', () => {
  expect(modelItems([loaded, other]).slice(0, 2)).toMatchObject([
    {
      label: '$(check) small',
      description: 'Q4_1 · 98 MB · default',
      detail: 'Loaded. From hf:org/small.',
    },
    {
      label: 'large',
      description: '98 MB',
      detail: expect.stringContaining('to load it') as string,
    },
  ]);
});

test.each([
  ['large', ['start', 'load large']],
  ['$(check) small', ['start']],
  ['$(cloud-download) Get the Default Model', ['start', 'get default']],
  ['nothing of the list', ['start']],
])('choosing %s', async (label, done) => {
  expect(await choose(label)).toEqual(done);
});

test('a model for the card is made by the command for it', async () => {
  await choose('$(tools) Convert Model');
  expect(fake.executed).toEqual(['tpuPilot.convertModel']);
});

test('another model is got from where it is said to be', async () => {
  // The fake answers both questions with the same text.
  expect(await choose('$(add) Get Another Model…')).toEqual([
    'start',
    'get $(add) Get Another Model…',
  ]);
});
