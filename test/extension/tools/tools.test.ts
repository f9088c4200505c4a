import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import * as vscode from 'vscode';
import * as z from 'zod';
import type { ChatResult } from '../../../backend/protocol/chat.ts';
import type { DeviceInfo } from '../../../backend/protocol/devices.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import type { ModelInfo } from '../../../backend/protocol/models.ts';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import { createBenchmark } from '../../../extension/tools/benchmark.ts';
import { deviceStatus } from '../../../extension/tools/deviceStatus.ts';
import { modelList } from '../../../extension/tools/modelList.ts';
import { ToolAdapter, type PilotTool } from '../../../extension/tools/pilotTool.ts';
import { registerTools } from '../../../extension/tools/registerTools.ts';
import { FakeConnector, FakeSession, readyStatus } from '../../support/fakeSession.ts';
import { CancellationTokenSource, fake } from '../../support/fakeVscode.ts';

afterEach(() => fake.reset());

const quiet = {
  info: () => undefined,
  debug: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const Result = z.object({ content: z.tuple([z.object({ value: z.string() })]) });

const card: DeviceInfo = {
  id: 'bm1684x-0',
  kind: 'bm1684x',
  name: 'BM1684X',
  state: 'ready',
  restarts: 1,
  models: [
    {
      id: 'q',
      name: 'Qwen3 4B',
      slots: 8,
      activeSlots: 2,
      contextLength: 8192,
      hasFillIn: false,
      hasChatTemplate: true,
      hasTools: true,
      canThink: true,
    },
  ],
  telemetry: {
    chipTemperatureC: 61.24,
    utilization: 0.5,
    heaps: [{ name: 'NPU', totalBytes: 2 ** 30, usedBytes: 2 ** 29 }],
  },
};
const cpu: DeviceInfo = {
  id: 'cpu',
  kind: 'cpu',
  name: 'CPU',
  state: 'failed',
  detail: 'gone',
  restarts: 0,
  models: [],
  telemetry: {},
};
const model: ModelInfo = {
  id: 'qwen',
  aliases: ['default'],
  format: 'gguf',
  path: '/m/qwen.gguf',
  source: 'hf:qwen',
  files: [{ name: 'qwen.gguf', size: 3 * 2 ** 20, sha256: '' }],
  addedAt: '',
  quantization: 'Q4_1',
  contextLength: 8192,
  hasChatTemplate: true,
  hasFillIn: false,
  loaded: true,
};
const measured: ChatResult = {
  text: 'x',
  finishReason: 'length',
  model: 'qwen',
  timings: {
    queueMs: 100,
    firstTokenMs: 500,
    totalMs: 2500,
    promptTokens: 210,
    cachedTokens: 10,
    generatedTokens: 64,
    tokensPerSecond: 31.46,
  },
};

function devices(...list: DeviceInfo[]): FakeSession {
  return new FakeSession({
    'device/list': () => ({ devices: list }),
    'backend/status': () => ({ ...readyStatus, running: 2, waiting: 1 }),
  });
}

async function connected(session: FakeSession): Promise<BackendConnection> {
  const connector = new FakeConnector();
  const backend = new BackendConnection(connector, quiet);
  connector.queue(session);
  backend.start();
  await backend.ready();
  return backend;
}

async function call<Input>(
  tool: PilotTool<Input>,
  session: FakeSession,
  input: unknown = {},
  token = new CancellationTokenSource().token,
): Promise<string> {
  const adapter = new ToolAdapter(tool, await connected(session), quiet);
  const result = Result.parse(await adapter.invoke({ input }, token));
  return result.content[0].value;
}

test('the manifest and the code have the same tools, which can be referenced in a prompt', () => {
  const Tools = z.array(
    z.looseObject({
      name: z.string(),
      toolReferenceName: z.string(),
      canBeReferencedInPrompt: z.literal(true),
      icon: z.string(),
      inputSchema: z.looseObject({ properties: z.record(z.string(), z.looseObject({})) }),
    }),
  );
  const Manifest = z.looseObject({ contributes: z.looseObject({ languageModelTools: Tools }) });
  const manifest = Manifest.parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const { languageModelTools } = manifest.contributes;
  const registered = registerTools(new BackendConnection(new FakeConnector(), quiet), quiet);
  expect(languageModelTools.map(({ name }) => name).sort()).toEqual([...fake.tools.keys()].sort());
  registered.dispose();
  expect(fake.tools.size).toBe(0);

  const inputs = [deviceStatus, modelList, createBenchmark()].map(({ name, input }) => ({
    name,
    properties: Object.keys(z.toJSONSchema(input).properties ?? {}),
  }));
  for (const { name, properties } of inputs) {
    const contributed = languageModelTools.find((tool) => tool.name === name);
    expect(Object.keys(contributed?.inputSchema.properties ?? {})).toEqual(properties);
  }
});

test('device status names what is measured and nothing else', async () => {
  expect(await call(deviceStatus, devices(card, cpu))).toBe(
    [
      'bm1684x-0: BM1684X, ready; driver bm1684x, restarts 1, chip 61.2 °C, load 50 %, memory NPU 512/1024 MB',
      '  model Qwen3 4B: 2/8 slots in use, context 8192 tokens',
      'cpu: CPU, failed (gone); driver cpu, restarts 0',
      'queue: 2 running, 1 waiting',
    ].join('\n'),
  );
});

test('one device can be asked for, and a wrong one is answered with those that exist', async () => {
  expect(await call(deviceStatus, devices(card, cpu), { device: 'cpu' })).not.toContain('BM1684X');
  expect(await call(deviceStatus, devices(card, cpu), { device: 'gpu' })).toBe(
    'There is no device gpu. Devices: bm1684x-0, cpu.',
  );
});

test('models are listed briefly, and a long list is cut', async () => {
  const models = [model, { ...model, id: 'coder', aliases: [], loaded: false, hasFillIn: true }];
  const session = new FakeSession({ 'model/list': () => ({ models }) });
  expect(await call(modelList, session)).toBe(
    [
      'qwen = default: loaded, Q4_1, context 8192 tokens, 3 MB, chat',
      'coder: on disk, Q4_1, context 8192 tokens, 3 MB, chat, fill-in completion',
    ].join('\n'),
  );
  expect(await call(modelList, session, { loadedOnly: true })).not.toContain('coder');

  const many = Array.from({ length: 35 }, (_, i) => ({ ...model, id: `m${i}` }));
  const lines = (
    await call(modelList, new FakeSession({ 'model/list': () => ({ models: many }) }))
  ).split('\n');
  expect(lines).toHaveLength(31);
  expect(lines.at(-1)).toBe('and 5 more');
});

test('without models, the answer says how to get one', async () => {
  const session = new FakeSession({ 'model/list': () => ({ models: [] }) });
  expect(await call(modelList, session)).toContain('TPU Pilot: Get the Default Model');
});

test('the benchmark reports TTFT, prefill and decode of one fixed generation', async () => {
  const session = new FakeSession({ 'chat/complete': () => measured });
  const runs = ['a', 'b'][Symbol.iterator]();
  const benchmark = createBenchmark(() => runs.next().value ?? '');
  expect(await call(benchmark, session)).toBe(
    [
      'model qwen, 64 tokens generated (length)',
      'TTFT 500 ms, of it 100 ms in the queue',
      'prefill 200 tokens, 500.0 tokens/s',
      'decode 31.5 tokens/s',
      'total 2500 ms',
    ].join('\n'),
  );
  await call(benchmark, session);
  const Sent = z.looseObject({
    maxTokens: z.literal(64),
    sampling: z.object({ temperature: z.literal(0) }),
    messages: z.tuple([z.object({ role: z.literal('user'), content: z.string() })]),
  });
  const prompts = session.requests
    .filter(({ method }) => method === 'chat/complete')
    .map(({ params }) => Sent.parse(params).messages[0].content);
  // No run shares a prefix with another, so none is answered from the KV cache.
  expect(prompts.map((prompt) => prompt[0])).toEqual(['a', 'b']);
  expect(prompts[0]?.slice(1)).toBe(prompts[1]?.slice(1));
});

test('only the benchmark asks first: it takes the device', async () => {
  const backend = await connected(new FakeSession());
  const prepared = <Input>(tool: PilotTool<Input>): vscode.PreparedToolInvocation =>
    new ToolAdapter(tool, backend, quiet).prepareInvocation();
  expect(prepared(deviceStatus)).toEqual({ invocationMessage: 'Reading the device status' });
  expect(prepared(modelList)).not.toHaveProperty('confirmationMessages');
  expect(prepared(createBenchmark())).toMatchObject({
    confirmationMessages: { message: expect.stringContaining('64 tokens') as unknown },
  });
});

test('a wrong input is answered with what is wrong, without asking the backend', async () => {
  const session = devices(card);
  const answer = await call(deviceStatus, session, { device: 5 });
  expect(answer).toContain('expected string, received number');
  expect(answer).toContain('call again');
  expect(session.requests.map(({ method }) => method)).not.toContain('device/list');
});

test('a failure is text with its remedy, for the model to pass on', async () => {
  const session = new FakeSession({
    'device/list': () => {
      throw new PilotError('deviceTimeout', { device: 'bm1684x-0' });
    },
  });
  expect(await call(deviceStatus, session)).toBe(
    'Failed: The device bm1684x-0 did not answer in time. Try again; if it happens again, restart the backend.',
  );
});

test('a cancelled call reaches the backend and throws', async () => {
  const source = new CancellationTokenSource();
  const session = new FakeSession({
    'chat/complete': (_params, signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new PilotError('cancelled')));
        source.cancel();
      }),
  });
  await expect(call(createBenchmark(), session, {}, source.token)).rejects.toBeInstanceOf(
    vscode.CancellationError,
  );
});
