import { afterEach, expect, test, vi } from 'vitest';
import * as vscode from 'vscode';
import type { BackendStatus } from '../../../backend/protocol/backend.ts';
import type { ChatProgress, ChatResult } from '../../../backend/protocol/chat.ts';
import type { LoadedModelInfo } from '../../../backend/protocol/devices.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import type { ParamsOf } from '../../../backend/protocol/methods.ts';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import type { PilotModel } from '../../../extension/languageModel/models.ts';
import type { NewerParts } from '../../../extension/languageModel/newerApi.ts';
import { LanguageModelProvider } from '../../../extension/languageModel/provider.ts';
import { registerLanguageModels } from '../../../extension/languageModel/register.ts';
import { FakeConnector, FakeSession, readyStatus } from '../../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const quiet = {
  info: () => undefined,
  warn: () => undefined,
  debug: () => undefined,
  error: () => undefined,
};
const done: ChatResult = {
  text: 'Hello there',
  finishReason: 'stop',
  model: 'm',
  timings: { queueMs: 0, totalMs: 5, promptTokens: 30, cachedTokens: 10, generatedTokens: 2 },
};
const smol: LoadedModelInfo = {
  id: 'm',
  name: 'SmolLM2 135M',
  slots: 4,
  activeSlots: 0,
  contextLength: 8192,
  hasFillIn: false,
  hasChatTemplate: true,
  hasTools: false,
  canThink: false,
};
const qwen = { ...smol, id: 'q', name: 'Qwen3 0.6B', hasTools: true, canThink: true };
const coder = { ...smol, id: 'c', name: 'Coder', hasChatTemplate: false };

/** As newer editors have them. */
class Thinking {
  constructor(
    readonly value: string,
    readonly id?: string,
    readonly metadata?: object,
  ) {}
}
class Data {
  constructor(
    readonly data: Uint8Array,
    readonly mimeType: string,
  ) {}
}
const newer = { Thinking, Data } as unknown as NewerParts;
const older: NewerParts = { Thinking: undefined, Data: undefined };

function statusWith(...models: LoadedModelInfo[]): BackendStatus {
  const device = { kind: 'cpu', name: 'CPU', state: 'ready' as const, restarts: 0, telemetry: {} };
  // One device per model: the models are looked for on all of them.
  return {
    ...readyStatus,
    devices: models.map((model, i) => ({ ...device, id: `cpu${i}`, models: [model] })),
  };
}

class Memory implements vscode.Memento {
  readonly values = new Map<string, unknown>();
  keys = (): string[] => [...this.values.keys()];
  get = (key: string): undefined => this.values.get(key) as undefined;
  update = (key: string, value: unknown): Promise<void> => {
    this.values.set(key, value);
    return Promise.resolve();
  };
}

interface Options {
  readonly session?: FakeSession;
  readonly memory?: Memory;
  readonly parts?: NewerParts;
  readonly log?: typeof quiet;
}

async function providerOf({
  session,
  memory = new Memory(),
  parts = newer,
  log = quiet,
}: Options = {}): Promise<LanguageModelProvider> {
  const connector = new FakeConnector();
  const connection = new BackendConnection(connector, quiet);
  const provider = new LanguageModelProvider(connection, memory, log, parts);
  if (session) {
    connector.queue(session);
    connection.start();
    await connection.ready();
  }
  return provider;
}

/** A session with these models, that answers what the test says. */
function sessionWith(models: LoadedModelInfo[], ...progress: ChatProgress[]): FakeSession {
  const session = new FakeSession({
    'backend/status': () => statusWith(...models),
    'chat/countTokens': ({ text = '' }) => ({ tokens: text.length, model: 'm', contextLength: 1 }),
  });
  session.chat = { progress, result: done };
  return session;
}

const { User, Assistant } = vscode.LanguageModelChatMessageRole;
const hi = message(User, 'hi');

function message(role: vscode.LanguageModelChatMessageRole, ...texts: string[]) {
  return { role, content: texts.map((text) => new vscode.LanguageModelTextPart(text)) };
}

interface Asked {
  readonly options?: Partial<vscode.ProvideLanguageModelChatResponseOptions> & {
    modelConfiguration?: object;
  };
  readonly parts?: unknown[];
  readonly token?: vscode.CancellationToken;
  readonly messages?: Parameters<LanguageModelProvider['provideLanguageModelChatResponse']>[1];
}

/** Asks the first model; notes what is reported into `parts`, also when the answer then fails. */
async function ask(
  provider: LanguageModelProvider,
  { options, parts = [], token = new CancellationTokenSource().token, messages = [hi] }: Asked = {},
): Promise<void> {
  const progress = { report: (part: unknown) => void parts.push(part) };
  const all = { toolMode: vscode.LanguageModelChatToolMode.Auto, ...options };
  await provider.provideLanguageModelChatResponse(first(provider), messages, all, progress, token);
}

function first(provider: LanguageModelProvider): PilotModel {
  const [model] = provider.provideLanguageModelChatInformation();
  if (!model) throw new Error('no model is listed');
  return model;
}

/** What was asked of the backend last. */
function sent(session: FakeSession): ParamsOf<'chat/complete'> {
  return session.requests.at(-1)?.params as ParamsOf<'chat/complete'>;
}

test('every model with a chat template is listed once, with the room its context leaves', async () => {
  fake.userSettings.set('tpuPilot.chat.maxTokens', 1000);
  const provider = await providerOf({ session: sessionWith([coder, smol, qwen, smol]) });
  expect(provider.provideLanguageModelChatInformation()).toEqual([
    expect.objectContaining({
      id: 'm',
      name: 'SmolLM2 135M',
      detail: 'CPU',
      tooltip: expect.stringContaining('It cannot call tools') as string,
      maxInputTokens: 7192,
      maxOutputTokens: 1000,
      isUserSelectable: true,
      // Agent mode lists no model without it.
      capabilities: { toolCalling: true },
    }),
    expect.objectContaining({ id: 'q', name: 'Qwen3 0.6B' }),
  ]);
});

test('a group of models that a person has configured adds none', async () => {
  const provider = await providerOf({ session: sessionWith([smol]) });
  expect(provider.provideLanguageModelChatInformation({ silent: true })).toHaveLength(1);
  expect(provider.provideLanguageModelChatInformation({ silent: true, configuration: {} })).toEqual(
    [],
  );
});

test('half of the context stays with the question, however long answers may be', async () => {
  fake.userSettings.set('tpuPilot.chat.maxTokens', 9000);
  const session = sessionWith([smol]);
  const provider = await providerOf({ session });
  expect(first(provider)).toMatchObject({ maxInputTokens: 4096, maxOutputTokens: 4096 });
  await ask(provider);
  expect(sent(session).maxTokens).toBe(4096);
});

test('without a backend there is a model too, so that its answer can say why', async () => {
  const provider = await providerOf();
  expect(provider.provideLanguageModelChatInformation()).toMatchObject([{ name: 'TPU Pilot' }]);
  await expect(ask(provider)).rejects.toThrow('it is not running');
});

test('the models of the last backend stay listed until another has loaded its own', async () => {
  const memory = new Memory();
  await providerOf({ session: sessionWith([qwen]), memory });
  const later = await providerOf({ memory });
  expect(first(later)).toMatchObject({ id: 'q', canThink: true });

  const session = new FakeSession({
    'backend/status': () => ({ ...statusWith(), state: 'starting' }),
  });
  const loading = await providerOf({ memory, session });
  expect(first(loading)).toMatchObject({ id: 'q' });
  session.emit('backend/statusChanged', { ...statusWith(), state: 'noModel' });
  expect(first(loading)).toMatchObject({ id: 'chat' });
  expect(first(await providerOf({ memory }))).toMatchObject({ id: 'chat' });
});

test('a model that is only remembered leaves the choice to the backend', async () => {
  const memory = new Memory();
  await providerOf({ session: sessionWith([qwen]), memory });
  const session = sessionWith([smol]);
  const provider = await providerOf({ memory });
  const remembered = first(provider);
  const later = await providerOf({ memory, session });
  const options = { toolMode: vscode.LanguageModelChatToolMode.Auto };
  const { token } = new CancellationTokenSource();
  await later.provideLanguageModelChatResponse(
    remembered,
    [hi],
    options,
    { report: () => undefined },
    token,
  );
  expect(sent(session)).not.toHaveProperty('model');
  await ask(later);
  expect(sent(session).model).toBe('m');
});

test('what is remembered may be anything', async () => {
  const memory = new Memory();
  await memory.update('chatModels', [{ id: 3 }]);
  expect(first(await providerOf({ memory }))).toMatchObject({ id: 'chat' });
});

test('a status is news only when it changes the models', async () => {
  const session = sessionWith([smol]);
  const provider = await providerOf({ session });
  const changed = vi.fn();
  provider.onDidChangeLanguageModelChatInformation(changed);
  provider.provideLanguageModelChatInformation();

  const busy = { ...statusWith({ ...smol, activeSlots: 3 }), running: 3 };
  session.emit('backend/statusChanged', busy);
  expect(changed).not.toHaveBeenCalled();

  const other = statusWith(qwen);
  session.emit('backend/statusChanged', other);
  session.emit('backend/statusChanged', { ...other, waiting: 1 });
  expect(changed).toHaveBeenCalledOnce();
  expect(first(provider)).toMatchObject({ name: 'Qwen3 0.6B' });

  fake.changeSetting('tpuPilot.chat.maxTokens', 12);
  expect(changed).toHaveBeenCalledTimes(2);

  provider.dispose();
  session.emit('backend/statusChanged', statusWith(smol));
  expect(changed).toHaveBeenCalledTimes(2);
});

test('text and thinking stream as what they are, and the usage comes last', async () => {
  const session = sessionWith(
    [qwen],
    { kind: 'thinking', text: 'Hm.' },
    { kind: 'text', text: 'Hello' },
    { kind: 'text', text: ' there' },
  );
  const parts: unknown[] = [];
  await ask(await providerOf({ session }), { parts });
  const usage = parts.pop();
  expect(parts).toEqual([
    new Thinking('Hm.'),
    new Thinking('', '', { vscode_reasoning_done: true }),
    new vscode.LanguageModelTextPart('Hello'),
    new vscode.LanguageModelTextPart(' there'),
  ]);
  expect(usage).toMatchObject({ mimeType: 'usage' });
  expect(JSON.parse(new TextDecoder().decode((usage as Data).data))).toEqual({
    prompt_tokens: 30,
    completion_tokens: 2,
    total_tokens: 32,
    prompt_tokens_details: { cached_tokens: 10 },
  });
});

test('an editor of an older version gets the text alone', async () => {
  const session = sessionWith(
    [qwen],
    { kind: 'thinking', text: 'Hm.' },
    { kind: 'notice', message: 'The device restarts.' },
    { kind: 'text', text: 'Hello' },
  );
  const parts: unknown[] = [];
  await ask(await providerOf({ session, parts: older }), { parts });
  expect(parts).toEqual([new vscode.LanguageModelTextPart('Hello')]);
});

test('a notice goes to the log each time, and with the answer the first time', async () => {
  const session = sessionWith(
    [qwen],
    { kind: 'notice', message: 'Restarts.' },
    { kind: 'text', text: 'A' },
  );
  const logged: string[] = [];
  const log = { ...quiet, info: (text?: string) => void logged.push(text ?? '') };
  const provider = await providerOf({ session, log });
  const [once, twice]: unknown[][] = [[], []];
  await ask(provider, { parts: once ?? [] });
  await ask(provider, { parts: twice ?? [] });
  expect(once?.[0]).toEqual(new Thinking('Restarts.\n\n'));
  expect(twice?.[0]).toEqual(new vscode.LanguageModelTextPart('A'));
  expect(logged).toEqual(['Chat model: Restarts.', 'Chat model: Restarts.']);
});

test('a call of a tool comes with its id and input', async () => {
  const call = { id: 'call_1', name: 'read_file', arguments: { path: 'a' } };
  const session = sessionWith([qwen], { kind: 'toolCall', call });
  session.chat = {
    progress: [{ kind: 'toolCall', call }],
    result: { ...done, text: '', toolCalls: [call] },
  };
  const parts: unknown[] = [];
  await ask(await providerOf({ session, parts: older }), { parts });
  expect(parts).toEqual([
    new vscode.LanguageModelToolCallPart('call_1', 'read_file', { path: 'a' }),
  ]);
});

const tools = [
  { name: 'other', description: 'o' },
  { name: 'read_file', description: 'r', inputSchema: { type: 'object' } },
];

test('tools go to a model that can call them, most wanted first, as work of an agent', async () => {
  const session = sessionWith([qwen]);
  const toolMode = vscode.LanguageModelChatToolMode.Required;
  await ask(await providerOf({ session }), { options: { tools, toolMode } });
  expect(sent(session)).toMatchObject({
    model: 'q',
    class: 'agent',
    toolChoice: 'required',
    tools: [
      { name: 'read_file', description: 'r', parameters: { type: 'object' } },
      { name: 'other', description: 'o' },
    ],
  });
});

test('a model that cannot call tools is asked without them, and says so once', async () => {
  const session = sessionWith([smol], { kind: 'text', text: 'A' });
  const provider = await providerOf({ session });
  const [once, twice]: unknown[][] = [[], []];
  await ask(provider, { options: { tools }, parts: once ?? [] });
  await ask(provider, { options: { tools }, parts: twice ?? [] });
  expect(sent(session)).not.toHaveProperty('tools');
  expect(once?.[0]).toMatchObject({
    value: expect.stringContaining('cannot call tools') as string,
  });
  expect(twice?.[0]).toEqual(new vscode.LanguageModelTextPart('A'));
});

test.each([
  ['the setting', {}, false],
  ['the menu of the model', { modelConfiguration: { thinking: 'on' } }, true],
  [
    'the caller',
    { modelConfiguration: { thinking: 'on' }, modelOptions: { thinking: 'off' } },
    false,
  ],
  ['nothing that is not valid', { modelConfiguration: { thinking: 7 } }, false],
])('whether it thinks is decided by %s', async (_, options, thinking) => {
  const session = sessionWith([qwen]);
  await ask(await providerOf({ session }), { options });
  expect(sent(session).thinking).toBe(thinking);
});

test('the menu of a model that can think begins with the setting; others have none', async () => {
  fake.userSettings.set('tpuPilot.chat.thinking', true);
  const session = sessionWith([qwen, smol]);
  const provider = await providerOf({ session });
  const [thinker, other] = provider.provideLanguageModelChatInformation();
  expect(thinker?.configurationSchema?.properties['thinking']).toMatchObject({
    enum: ['on', 'off'],
    enumItemLabels: ['On', 'Off'],
  });
  expect(thinker?.configurationSchema?.properties['thinking']).not.toHaveProperty('default');
  expect(other).not.toHaveProperty('configurationSchema');
  await ask(provider);
  expect(sent(session).thinking).toBe(true);
});

test('options of the caller that the backend knows are passed on', async () => {
  const session = sessionWith([qwen]);
  const modelOptions = { temperature: 0, top_p: 7, seed: 3, other: 'x' };
  await ask(await providerOf({ session }), { options: { modelOptions } });
  expect(sent(session).sampling).toEqual({ temperature: 0, seed: 3 });
});

test.each<[string, Partial<ChatResult>, RegExp]>([
  ['is cut', { finishReason: 'length' }, /^\n\n\*The answer was cut/],
  [
    'thinks to the end',
    { text: '', thinking: 'Hm', finishReason: 'length' },
    /^\*The model was still thinking/,
  ],
  ['is empty', { text: '' }, /^\*The model gave no answer/],
])('an answer that %s says so', async (_, result, note) => {
  const session = sessionWith([qwen]);
  session.chat = { progress: [], result: { ...done, ...result } };
  const parts: unknown[] = [];
  await ask(await providerOf({ session, parts: older }), { parts });
  expect(parts).toEqual([new vscode.LanguageModelTextPart(expect.stringMatching(note) as string)]);
});

/** Answers nothing until it is cancelled; then as the backend does. */
class EndlessSession extends FakeSession {
  private begin: () => void = () => undefined;
  readonly begun = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  override streamChat(
    _params: unknown,
    onProgress: (part: ChatProgress) => void,
    signal?: AbortSignal,
  ): Promise<ChatResult> {
    this.begin();
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => {
        onProgress({ kind: 'text', text: 'late' });
        resolve({ ...done, finishReason: 'cancelled' });
      });
    });
  }
}

test('cancelling reaches the request, and nothing comes after it', async () => {
  const session = new EndlessSession();
  const provider = await providerOf({ session });
  const source = new CancellationTokenSource();
  const parts: unknown[] = [];
  const failed = expect(ask(provider, { token: source.token, parts })).rejects.toBeInstanceOf(
    vscode.CancellationError,
  );
  await session.begun;
  source.cancel();
  await failed;
  expect(parts).toEqual([]);
});

test.each([
  ['modelNotLoaded', 'NotFound'],
  ['unauthorized', 'NoPermissions'],
  ['overloaded', 'Blocked'],
  ['deviceLost', ''],
] as const)('the error %s has the code %j, its sentence and a remedy', async (name, code) => {
  const session = sessionWith([smol]);
  const fault = new PilotError(name, { waiting: 3, device: 'cpu', reason: 'gone' });
  session.chat = { progress: [{ kind: 'text', text: 'Hel' }], result: fault };
  const parts: unknown[] = [];
  const failure: unknown = await ask(await providerOf({ session }), { parts }).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(vscode.LanguageModelError);
  expect(failure).toMatchObject({ code, cause: fault });
  const message = failure instanceof Error ? failure.message : '';
  expect(message.startsWith(fault.message)).toBe(true);
  expect(message).toMatch(/[.]$/);
  expect(parts).toEqual([new vscode.LanguageModelTextPart('Hel')]);
});

test('lines below an error, such as the last words of a process, stay out of the answer', async () => {
  const session = sessionWith([smol]);
  session.chat = { progress: [], result: new Error('It ended.\nat native code\nat more') };
  await expect(ask(await providerOf({ session }))).rejects.toMatchObject({ message: 'It ended.' });
});

test('tokens are counted by the backend, and estimated without one', async () => {
  const session = sessionWith([smol]);
  const online = await providerOf({ session });
  const offline = await providerOf();
  expect(await online.provideTokenCount(first(online), 'abcdef')).toBe(6);
  expect(await offline.provideTokenCount(first(offline), 'abcdef')).toBe(2);
  // A message has the template's tokens too.
  expect(await online.provideTokenCount(first(online), message(Assistant, 'abc', 'def'))).toBe(11);
});

test('it is registered under the vendor of the manifest', () => {
  const connection = new BackendConnection(new FakeConnector(), quiet);
  const registered = registerLanguageModels(connection, new Memory(), quiet);
  expect([...fake.languageModels.keys()]).toEqual(['tpu-pilot']);
  registered.dispose();
  expect(fake.languageModels.size).toBe(0);
});

test('an editor that cannot list models is only logged', async () => {
  fake.selectionFault = new Error('no models here');
  const connection = new BackendConnection(new FakeConnector(), quiet);
  const logged = new Promise((resolve) => {
    registerLanguageModels(connection, new Memory(), {
      ...quiet,
      error: (fault) => resolve(fault),
    });
  });
  expect(await logged).toBe(fake.selectionFault);
});
