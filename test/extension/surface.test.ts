/** Commands, status bar and messages, over a backend that answers from a script. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type * as vscode from 'vscode';
import { PilotError } from '../../backend/protocol/errors.ts';
import { registerCommands } from '../../extension/backendCommands.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import { BackendToken } from '../../extension/backendToken.ts';
import { DocumentGate } from '../../extension/documentGate.ts';
import { FailureNotice } from '../../extension/failureNotice.ts';
import { InlineCompletionProvider } from '../../extension/inlineCompletion.ts';
import { JobWatch } from '../../extension/jobs/jobWatch.ts';
import { ModelSetup } from '../../extension/modelSetup.ts';
import { SettingsWatch } from '../../extension/settingsWatch.ts';
import { StatusBar } from '../../extension/statusBar.ts';
import { FakeClock, FakeConnector, FakeSession, readyStatus } from '../support/fakeSession.ts';
import { deviceInfo, download } from '../support/statusInput.ts';
import { fake, MarkdownString, Uri, type FakeDocument } from '../support/fakeVscode.ts';

interface Surface {
  readonly backend: BackendConnection;
  readonly connector: FakeConnector;
  readonly clock: FakeClock;
  readonly gate: DocumentGate;
  readonly logged: string[];
  readonly secrets: Map<string, string>;
  readonly run: (command: string) => Promise<void>;
}

const made: { dispose(): void }[] = [];

afterEach(() => {
  for (const item of made.splice(0)) item.dispose();
  fake.reset();
});

function setUp(remote = false): Surface {
  const logged: string[] = [];
  const note = (text: unknown): void => void logged.push(String(text));
  const quiet = (): void => undefined;
  const log = { info: quiet, debug: quiet, warn: quiet, error: note, show: () => note('shown') };
  const channel = log as unknown as vscode.LogOutputChannel;
  const connector = new FakeConnector(remote);
  const clock = new FakeClock();
  const backend = new BackendConnection(connector, channel, clock);
  const gate = new DocumentGate([]);
  const secrets = new Map<string, string>();
  const token = new BackendToken({
    get: (key: string) => Promise.resolve(secrets.get(key)),
    store: (key: string, value: string) => Promise.resolve(void secrets.set(key, value)),
    delete: (key: string) => Promise.resolve(void secrets.delete(key)),
  } as unknown as vscode.SecretStorage);
  const completion = new InlineCompletionProvider(backend, gate, channel);
  const jobs = new JobWatch(backend, channel);
  const statusBar = new StatusBar(backend, completion, jobs);
  const memory = { get: () => true } as unknown as vscode.Memento;
  const models = new ModelSetup(backend, memory, channel);
  const notice = new FailureNotice(backend, channel);
  const watch = new SettingsWatch(backend, gate, channel);
  const commands = registerCommands({ backend, token, models, statusBar, log: channel });
  made.push(backend, completion, statusBar, models, jobs, notice, watch, ...commands);
  const run = async (command: string): Promise<void> => {
    await fake.commands.get(`tpuPilot.${command}`)?.();
  };
  return { backend, connector, clock, gate, logged, secrets, run };
}

async function connected(remote = false, session = new FakeSession({}, remote)): Promise<Surface> {
  const surface = setUp(remote);
  surface.connector.queue(session);
  await surface.run('start');
  await surface.backend.ready();
  return surface;
}

const messages = (): string[] => fake.shown.map(({ message }) => message);

test('start and stop, and each says why when there is nothing to do', async () => {
  const { run, backend } = await connected();
  await run('start');
  await run('stop');
  expect(backend.supervision.phase).toBe('stopped');
  await run('stop');
  expect(messages()).toEqual(['The backend is running already.', 'The backend is not running.']);
});

test('stopping a remote backend says that it goes on', async () => {
  const { run } = await connected(true);
  await run('stop');
  expect(messages()).toEqual(['Disconnected. The backend goes on: it belongs to another machine.']);
});

test('a button runs its command', async () => {
  const { run } = await connected();
  fake.press = 'Restart Backend';
  await run('start');
  expect(fake.executed).toEqual(['tpuPilot.restart']);
});

test('a command that is refused shows the reason, and the extension host sees no error', async () => {
  const session = new FakeSession({
    'backend/stop': () => {
      throw new PilotError('forbidden', { method: 'backend/stop' });
    },
  });
  const { run, logged } = await connected(false, session);
  await run('stop');
  expect(messages()).toEqual([
    'backend/stop needs the role admin. Use a token with the role admin, or ask the person who runs the backend.',
  ]);
  expect(fake.shown[0]?.buttons).toEqual(['Set Backend Token', 'Show Log']);
  expect(logged).toHaveLength(1);
});

test('the token command explains itself without a remote backend', async () => {
  const { run } = setUp();
  await run('setToken');
  expect(messages()[0]).toContain('needs no token');
});

test('a token is stored for the address of the settings, and used at once', async () => {
  const { run, secrets, connector } = setUp(true);
  fake.userSettings.set('tpuPilot.backend.url', 'wss://host:1');
  fake.entered = 'secret';
  connector.queue(new FakeSession({}, true));
  await run('setToken');
  expect([...secrets.values()]).toEqual(['secret']);
  expect(connector.attempts).toHaveLength(1);
});

test('inline completion is toggled in the settings', async () => {
  const { run } = setUp();
  await run('toggleInlineCompletion');
  expect(fake.userSettings.get('tpuPilot.inlineCompletion.enable')).toBe(false);
});

test('the menu offers what helps in this state', async () => {
  const { run } = setUp();
  fake.entered = '$(play) Start Backend';
  await run('showMenu');
  expect(fake.executed).toEqual(['tpuPilot.start']);
});

test('the status bar follows the backend, and its links run nothing but our commands', async () => {
  const session = new FakeSession();
  await connected(false, session);
  expect(fake.statusBar).toMatchObject({
    text: '$(chip) TPU ready',
    name: 'TPU Pilot',
    command: 'tpuPilot.showMenu',
  });
  session.emit('backend/statusChanged', { ...readyStatus, state: 'noModel' });
  expect(fake.statusBar.text).toBe('$(cloud-download) TPU no model');
  const { tooltip } = fake.statusBar;
  expect(tooltip).toBeInstanceOf(MarkdownString);
  expect(tooltip).toMatchObject({
    value: expect.stringContaining('(command:tpuPilot.getDefaultModel)') as unknown,
    isTrusted: { enabledCommands: expect.arrayContaining(['tpuPilot.getDefaultModel']) as unknown },
  });
});

test('giving up is told once, with the last lines and what helps', async () => {
  const { run, connector, clock, backend, logged } = setUp();
  const reason = 'exit code 1\none\ntwo\n{"msg":"three"}\nfour';
  const failures = Array.from({ length: 6 }, () => new PilotError('backendNotStarted', { reason }));
  connector.queue(...failures);
  await run('start');
  for (let i = 0; i < 5; i++) {
    await vi.waitUntil(() => backend.supervision.phase === 'waiting', { interval: 1 });
    clock.advance(8000);
  }
  await vi.waitUntil(() => fake.shown.length > 0, { interval: 1 });
  expect(fake.shown).toHaveLength(1);
  expect(messages()[0]).toMatch(/^The backend did not start: exit code 1\. .*\ntwo\nthree\nfour$/);
  expect(fake.shown[0]?.buttons).toEqual(['Show Log']);
  expect(logged).toContain('  one');
});

test('a backend that ran and died is explained by its log', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-'));
  try {
    await mkdir(path.join(home, 'logs'));
    await writeFile(path.join(home, 'logs', 'backend.log'), '{"msg":"last words"}\n');
    fake.userSettings.set('tpuPilot.home', home);
    const { run, connector, clock, backend } = setUp();
    connector.queue(...Array.from({ length: 6 }, () => new PilotError('connectionLost')));
    await run('start');
    for (let i = 0; i < 5; i++) {
      await vi.waitUntil(() => backend.supervision.phase === 'waiting', { interval: 1 });
      clock.advance(8000);
    }
    await vi.waitUntil(() => fake.shown.length > 0, { interval: 1 });
    expect(messages()[0]).toMatch(/\nlast words$/);
  } finally {
    await rm(home, { recursive: true });
  }
});

test('a backend of another version is told once, and restarting puts ours in its place', async () => {
  const { run, connector, backend } = setUp();
  connector.queue(new PilotError('protocolMismatch', { client: 2, server: 3 }));
  await run('start');
  await vi.waitUntil(() => fake.shown.length > 0, { interval: 1 });
  expect(messages()).toEqual([
    'The client speaks protocol 2, the backend 3. Use "TPU Pilot: Restart Backend" to run the one that belongs to this extension; on another machine, update the older of the two.',
  ]);
  expect(fake.shown[0]?.buttons).toEqual(['Restart Backend', 'Show Log']);
  expect(fake.statusBar.text).toBe('$(versions) TPU other version');
  connector.queue(new FakeSession());
  await run('restart');
  await backend.ready();
  expect(connector.outdatedEnded).toBe(1);
});

test('a remote backend of another version is never ended', async () => {
  const { run, connector, backend } = setUp(true);
  connector.queue(new PilotError('protocolMismatch', { client: 2, server: 3 }));
  await run('start');
  await vi.waitUntil(() => backend.supervision.phase === 'failed', { interval: 1 });
  connector.queue(new FakeSession({}, true));
  await run('restart');
  await backend.ready();
  expect(connector.outdatedEnded).toBe(0);
});

test('a model that does not fit is told once, with what helps', async () => {
  const session = new FakeSession();
  await connected(false, session);
  const details = { heap: 'NPU', device: 'tpu0', needed: 9, available: 5 };
  const { message, data } = new PilotError('outOfMemory', details);
  const status = { ...readyStatus, state: 'noModel' as const };
  const full = { ...status, problems: [`${message} ${data.remedy}`] };
  session.emit('backend/statusChanged', full);
  session.emit('backend/statusChanged', { ...full, connections: 2 });
  expect(fake.shown).toMatchObject([
    {
      kind: 'warning',
      message: `${message} Use "TPU Pilot: Manage Models" to load a smaller one.`,
      buttons: ['Manage Models', 'Show Log'],
    },
  ]);
  expect(fake.statusBar.text).toBe('$(warning) TPU out of memory');
});

test('the status bar follows a download and its end', async () => {
  const session = new FakeSession({ 'job/list': () => ({ jobs: [download] }) });
  await connected(false, session);
  await vi.waitUntil(() => fake.statusBar.text.includes('42 %'), { interval: 1 });
  session.emit('job/changed', { ...download, fraction: 0.9 });
  expect(fake.statusBar.text).toBe('$(cloud-download) TPU 90 %');
  session.emit('job/changed', { ...download, id: 'another', state: 'done' });
  expect(fake.statusBar.text).toBe('$(cloud-download) TPU 90 %');
  session.emit('job/changed', { ...download, state: 'done' });
  expect(fake.statusBar.text).toBe('$(chip) TPU ready');
});

test('trusting the folder takes the shield away', async () => {
  fake.isTrusted = false;
  await connected();
  expect(fake.statusBar.text).toBe('$(chip) TPU ready $(shield)');
  fake.grantTrust();
  expect(fake.statusBar.text).toBe('$(chip) TPU ready');
});

test('a changed exclude list reaches the documents that are open', async () => {
  const session = new FakeSession();
  const { gate } = await connected(false, session);
  const uri = Uri.file('/p/a.sql');
  const open: FakeDocument = { uri, languageId: 'sql', version: 1, getText: () => '' };
  fake.openDocument(open);
  await gate.didOpen(open as unknown as vscode.TextDocument, () => Promise.resolve());
  fake.changeSetting('tpuPilot.exclude', ['**/*.sql']);
  await vi.waitUntil(() => session.resent.length > 0, { interval: 1 });
  expect(session.resent).toEqual([{ revoked: [open], granted: [] }]);
});

test('a setting of the backend offers a restart while it runs', async () => {
  await connected();
  fake.press = 'Restart Backend';
  fake.changeSetting('tpuPilot.model', 'other');
  await vi.waitUntil(() => fake.executed.length > 0, { interval: 1 });
  expect(fake.executed).toEqual(['tpuPilot.restart']);
});

test('a setting of a backend that failed is tried at once', async () => {
  const { run, connector, backend } = setUp();
  connector.queue(new PilotError('unauthorized'));
  await run('start');
  await vi.waitUntil(() => backend.supervision.phase === 'failed', { interval: 1 });
  connector.queue(new FakeSession());
  fake.changeSetting('tpuPilot.home', '/elsewhere');
  await backend.ready();
});

test('naming a model that is loaded already asks for no restart', async () => {
  const model = {
    ...{ id: 'tiny', name: 'Tiny', slots: 1, activeSlots: 0, contextLength: 64 },
    ...{ hasFillIn: false, hasChatTemplate: true, hasTools: false, canThink: false },
  };
  const session = new FakeSession({
    'backend/status': () => ({ ...readyStatus, devices: [deviceInfo({ models: [model] })] }),
  });
  await connected(false, session);
  fake.changeSetting('tpuPilot.model', 'tiny');
  expect(messages()).toEqual([]);
  fake.changeSetting('tpuPilot.model', 'other');
  expect(messages()).toEqual(['The changed setting takes effect when the backend restarts.']);
});
