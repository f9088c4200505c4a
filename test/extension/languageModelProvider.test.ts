import { afterEach, expect, test, vi } from 'vitest';
import * as vscode from 'vscode';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import type { ChatResult } from '../../backend/protocol/chat.ts';
import type { LoadedModelInfo } from '../../backend/protocol/devices.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { BackendConnection } from '../../extension/backendConnection.ts';
import {
  LanguageModelProvider,
  registerLanguageModel,
} from '../../extension/languageModelProvider.ts';
import { FakeConnector, FakeSession, readyStatus } from '../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const done = {
  text: 'Hello there',
  finishReason: 'stop' as const,
  model: 'm',
  timings: { queueMs: 0, totalMs: 5, promptTokens: 3, cachedTokens: 0, generatedTokens: 2 },
};
const chatModel: LoadedModelInfo = {
  id: 'm',
  name: 'SmolLM2 135M',
  slots: 4,
  activeSlots: 0,
  contextLength: 8192,
  hasFillIn: false,
  hasChatTemplate: true,
};
const codeModel = { ...chatModel, id: 'c', name: 'Coder', hasChatTemplate: false };

function statusWith(...models: LoadedModelInfo[]): BackendStatus {
  const device = { kind: 'cpu', name: 'CPU', state: 'ready' as const, restarts: 0, telemetry: {} };
  // One device per model: the models are looked for on all of them.
  return {
    ...readyStatus,
    devices: models.map((model, i) => ({ ...device, id: `cpu${i}`, models: [model] })),
  };
}

async function providerOf(session?: FakeSession): Promise<LanguageModelProvider> {
  const connector = new FakeConnector();
  const connection = new BackendConnection(connector, quiet);
  if (session) {
    connector.queue(session);
    connection.start();
    await connection.ready();
  }
  return new LanguageModelProvider(connection);
}

const { User, Assistant } = vscode.LanguageModelChatMessageRole;
/** As VS Code sends it: not in the typings. */
const System = 3 as unknown as vscode.LanguageModelChatMessageRole;
const hi = message(User, 'hi');

function message(role: vscode.LanguageModelChatMessageRole, ...texts: string[]) {
  return { role, content: texts.map((text) => new vscode.LanguageModelTextPart(text)) };
}

/** Notes what is reported into `parts`, also when the answer then fails. */
async function answer(
  provider: LanguageModelProvider,
  messages: Parameters<LanguageModelProvider['provideLanguageModelChatResponse']>[1] = [hi],
  parts: vscode.LanguageModelResponsePart[] = [],
  token = new CancellationTokenSource().token,
): Promise<void> {
  const [model] = provider.provideLanguageModelChatInformation();
  if (!model) throw new Error('no model is listed');
  const options = { toolMode: vscode.LanguageModelChatToolMode.Auto };
  const progress = { report: (part: vscode.LanguageModelResponsePart) => parts.push(part) };
  await provider.provideLanguageModelChatResponse(model, messages, options, progress, token);
}

test('the model with a chat template is listed, once, with the room its context leaves', async () => {
  fake.userSettings.set('tpuPilot.chat.maxTokens', 1000);
  const status = statusWith(codeModel, chatModel, { ...chatModel, name: 'Another' });
  const provider = await providerOf(new FakeSession({ 'backend/status': () => status }));
  expect(provider.provideLanguageModelChatInformation()).toEqual([
    expect.objectContaining({
      name: 'SmolLM2 135M',
      maxInputTokens: 7192,
      maxOutputTokens: 1000,
      isUserSelectable: true,
    }),
  ]);
});

test('without a backend there is a model too, so that its answer can say why', async () => {
  const provider = await providerOf();
  expect(provider.provideLanguageModelChatInformation()).toMatchObject([{ name: 'TPU Pilot' }]);
  await expect(answer(provider)).rejects.toThrow('it is not running');
});

test('room for input is never less than a token', async () => {
  fake.userSettings.set('tpuPilot.chat.maxTokens', 9000);
  const status = statusWith(chatModel);
  const provider = await providerOf(new FakeSession({ 'backend/status': () => status }));
  expect(provider.provideLanguageModelChatInformation()).toMatchObject([{ maxInputTokens: 1 }]);
});

test('a status is news only when it changes the model', async () => {
  const session = new FakeSession({ 'backend/status': () => statusWith(chatModel) });
  const provider = await providerOf(session);
  const changed = vi.fn();
  provider.onDidChangeLanguageModelChatInformation(changed);
  provider.provideLanguageModelChatInformation();

  const busy = { ...statusWith({ ...chatModel, activeSlots: 3 }), running: 3 };
  session.emit('backend/statusChanged', busy);
  expect(changed).not.toHaveBeenCalled();

  const other = statusWith({ ...chatModel, name: 'Qwen' });
  session.emit('backend/statusChanged', other);
  session.emit('backend/statusChanged', { ...other, waiting: 1 });
  expect(changed).toHaveBeenCalledOnce();
  expect(provider.provideLanguageModelChatInformation()).toMatchObject([{ name: 'Qwen' }]);

  session.emit(
    'backend/statusChanged',
    statusWith({ ...chatModel, name: 'Qwen', contextLength: 2048 }),
  );
  expect(changed).toHaveBeenCalledTimes(2);

  provider.dispose();
  session.emit('backend/statusChanged', statusWith(chatModel));
  expect(changed).toHaveBeenCalledTimes(2);
});

test('text streams in parts as it comes; thinking and notices are not part of it', async () => {
  const session = new FakeSession();
  session.chat = {
    progress: [
      { kind: 'thinking', text: 'Hm.' },
      { kind: 'notice', message: 'The device restarts.' },
      { kind: 'text', text: 'Hello' },
      { kind: 'text', text: ' there' },
    ],
    result: { ...done, thinking: 'Hm.' },
  };
  const parts: vscode.LanguageModelResponsePart[] = [];
  await answer(await providerOf(session), [hi], parts);
  expect(parts).toEqual([
    new vscode.LanguageModelTextPart('Hello'),
    new vscode.LanguageModelTextPart(' there'),
  ]);
});

test('messages keep their order, role and text; role 3 is the system', async () => {
  const session = new FakeSession();
  session.chat = { progress: [], result: done };
  const image = { mimeType: 'image/png', data: new Uint8Array(1) };
  await answer(await providerOf(session), [
    message(System, 'Be brief.'),
    message(User, 'a', 'b'),
    message(Assistant, 'c'),
    { ...hi, content: [image, ...hi.content] },
  ]);
  expect(session.requests.at(-1)).toEqual({
    method: 'chat/complete',
    params: {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'ab' },
        { role: 'assistant', content: 'c' },
        { role: 'user', content: 'hi' },
      ],
      maxTokens: 1024,
    },
  });
});

/** Answers nothing until it is cancelled. */
class EndlessSession extends FakeSession {
  private begin: () => void = () => undefined;
  readonly begun = new Promise<void>((resolve) => {
    this.begin = resolve;
  });

  override streamChat(
    _params: unknown,
    _onProgress: unknown,
    signal?: AbortSignal,
  ): Promise<ChatResult> {
    this.begin();
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(new PilotError('cancelled')));
    });
  }
}

test('cancelling reaches the request', async () => {
  const session = new EndlessSession();
  const provider = await providerOf(session);
  const source = new CancellationTokenSource();
  const failed = expect(answer(provider, [hi], [], source.token)).rejects.toMatchObject({
    cause: { errorName: 'cancelled' },
  });
  await session.begun;
  source.cancel();
  await failed;
});

test('an error is told in one line with its remedy, after what was streamed', async () => {
  const session = new FakeSession();
  const fault = new PilotError('modelNotLoaded');
  session.chat = { progress: [{ kind: 'text', text: 'Hel' }], result: fault };
  const parts: vscode.LanguageModelResponsePart[] = [];
  await expect(answer(await providerOf(session), [hi], parts)).rejects.toMatchObject({
    message: `${fault.message} Use "TPU Pilot: Get the Default Model".`,
    cause: fault,
  });
  expect(parts).toEqual([new vscode.LanguageModelTextPart('Hel')]);
});

test('lines below an error, such as the last words of a process, stay out of the answer', async () => {
  const session = new FakeSession();
  session.chat = { progress: [], result: new Error('It ended.\nat native code\nat more') };
  await expect(answer(await providerOf(session))).rejects.toMatchObject({ message: 'It ended.' });
});

test.each([
  ['', 0],
  ['abc', 1],
  ['abcd', 2],
  [message(User, 'abc', 'defg'), 3],
])('tokens of %j: %i', async (text, count) => {
  const provider = await providerOf();
  const [model] = provider.provideLanguageModelChatInformation();
  if (!model) throw new Error('no model is listed');
  expect(await provider.provideTokenCount(model, text)).toBe(count);
});

test('it is registered under the vendor of the manifest', async () => {
  const provider = await providerOf();
  const registered = registerLanguageModel(provider, quiet);
  expect([...fake.languageModels]).toEqual([['tpu-pilot', provider]]);
  registered.dispose();
  expect(fake.languageModels.size).toBe(0);
});

test('an editor that cannot list models is only logged', async () => {
  fake.selectionFault = new Error('no models here');
  const logged = new Promise((resolve) => {
    void providerOf().then((provider) => registerLanguageModel(provider, { error: resolve }));
  });
  expect(await logged).toBe(fake.selectionFault);
});
