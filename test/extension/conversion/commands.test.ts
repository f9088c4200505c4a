/** The commands about converting, over a backend that answers from a script. */
import { afterEach, expect, test, vi } from 'vitest';
import { predict } from '../../../backend/prediction/predict.ts';
import { PilotError } from '../../../backend/protocol/errors.ts';
import type { ModelInfo } from '../../../backend/protocol/models.ts';
import { BackendConnection } from '../../../extension/backendConnection.ts';
import { Conversion, type ConversionEdges } from '../../../extension/conversion/conversionParts.ts';
import { ConversionFields } from '../../../extension/conversion/conversionFields.ts';
import { JobWatch } from '../../../extension/jobs/jobWatch.ts';
import { ModelSetup } from '../../../extension/modelSetup.ts';
import { conversionPlan, toolchainStatus } from '../../support/conversionPlan.ts';
import { fakeMemory } from '../../support/fakeMemory.ts';
import { FakeConnector, FakeSession, readyStatus } from '../../support/fakeSession.ts';
import { fake, Uri } from '../../support/fakeVscode.ts';
import { jobInfo } from '../../support/jobInfo.ts';
import { shapes } from '../../support/modelShapes.ts';
import { deviceInfo } from '../../support/statusInput.ts';
import { makeVerificationReport } from '../../support/verificationReport.ts';

const made: { dispose(): void }[] = [];
let logged: unknown[] = [];
const log = {
  info: () => undefined,
  warn: () => undefined,
  error: (text: unknown) => void logged.push(text),
};

afterEach(() => {
  for (const item of made.splice(0)) item.dispose();
  logged = [];
  fake.reset();
});

const tiny: ModelInfo = {
  id: 'tiny-w8bf16',
  aliases: [],
  format: 'bmodel',
  path: '/home/ada/models/tiny-w8bf16',
  source: '/models/tiny',
  files: [],
  addedAt: '2026-01-01T00:00:00Z',
  hasChatTemplate: true,
  hasFillIn: false,
  loaded: false,
};

type Answers = NonNullable<ConstructorParameters<typeof FakeSession>[0]>;

const convertible: Answers = {
  'model/list': () => ({ models: [tiny, { ...tiny, id: 'original', format: 'gguf' }] }),
  'model/info': () => tiny,
  'toolchain/status': () => toolchainStatus(),
  'convert/plan': () => conversionPlan(),
  'convert/start': () => jobInfo({ state: 'done', model: tiny.id }),
  'job/get': () => jobInfo({ state: 'done', model: tiny.id }),
  'predict/estimate': () => predict(shapes['Qwen3-8B']),
  'verify/report': () => makeVerificationReport({ model: tiny.id }),
  'device/list': () => ({ devices: [deviceInfo()] }),
};

interface Running {
  readonly session: FakeSession;
  readonly memory: ReturnType<typeof fakeMemory>;
  readonly run: (command: string, ...args: unknown[]) => Promise<void>;
  readonly methods: () => string[];
  readonly paramsOf: (method: string) => unknown;
}

async function setUp(
  answers: Answers = {},
  { role = 'admin', remote = false }: { role?: 'user' | 'admin'; remote?: boolean } = {},
): Promise<Running> {
  const session = new FakeSession(
    { 'backend/status': () => readyStatus, ...convertible, ...answers },
    remote,
    role,
  );
  const connector = new FakeConnector(remote);
  const backend = new BackendConnection(connector, log);
  const memory = fakeMemory();
  const models = new ModelSetup(backend, memory, log);
  const jobs = new JobWatch(backend, log);
  const extensionUri: unknown = Uri.file('/extension');
  const conversion = new Conversion({
    backend,
    jobs,
    models,
    memory,
    extensionUri: extensionUri as ConversionEdges['extensionUri'],
    log,
  });
  made.push(backend, models, jobs, conversion);
  connector.queue(session);
  backend.start();
  await backend.ready();
  const { handlers } = conversion;
  return {
    session,
    memory,
    run: async (command, ...args) => {
      const handler = (handlers as Record<string, (...args: unknown[]) => unknown>)[
        `tpuPilot.${command}`
      ];
      await handler?.(...args);
    },
    methods: () => session.requests.map(({ method }) => method),
    paramsOf: (method) => session.requests.findLast((one) => one.method === method)?.params,
  };
}

const values = (changes: Partial<ConversionFields> = {}): ConversionFields =>
  ConversionFields.parse({ source: '/models/tiny', ...changes });

const panel = () => fake.panels.at(-1)!;
const told = (type: string) => panel().told.filter((message) => message['type'] === type);
const lastPlan = (): string => String(told('region').at(-1)?.['html']);

function fill(changes: Partial<ConversionFields> = {}, isSubmitted = false): void {
  panel().say({ type: 'form', values: values(changes), isSubmitted });
}

test('from the explorer the form has the folder already', async () => {
  const { run } = await setUp();
  await run('convertModel', Uri.file('/workspace/tiny'));
  expect(panel().title).toBe('Convert Model');
  expect(panel().webview.html).toContain('value="/workspace/tiny"');
  // Models that are compiled already are not suggested.
  expect(panel().webview.html).toContain('value="original"');
  expect(panel().webview.html).not.toContain('value="tiny-w8bf16"');
});

test('while it is filled in the plan is shown, and nothing starts', async () => {
  const { run, methods } = await setUp();
  await run('convertModel');
  fill({ quantization: 'w4bf16' });
  await vi.waitUntil(() => lastPlan().includes('It fits'));
  expect(methods()).not.toContain('convert/start');
});

test('an empty form is no mistake, until it is sent', async () => {
  const { run, methods } = await setUp();
  await run('convertModel');
  fill({ source: '' });
  await vi.waitUntil(() => told('errors').length === 1);
  expect(told('errors')[0]).toMatchObject({ errors: {} });
  fill({ source: '' }, true);
  await vi.waitUntil(() => told('errors').length === 2);
  expect(told('errors')[1]).toMatchObject({
    errors: { source: 'Name a folder, a GGUF file or a model of the store.' },
    hasFocus: true,
  });
  expect(methods()).not.toContain('convert/plan');
});

test('why there is no plan is said in its place', async () => {
  const { run } = await setUp({
    'convert/plan': () => {
      throw new PilotError('sourceInvalid', { source: '/nowhere', reason: 'no such folder' });
    },
  });
  await run('convertModel');
  fill({ source: '/nowhere' }, true);
  await vi.waitUntil(() => lastPlan().includes('no such folder'));
  expect(told('region').at(-1)).toMatchObject({ hasFocus: true });
  expect(fake.panels).toHaveLength(1);
  expect(fake.shown).toEqual([]);
});

test('a plan that is out of date is not shown', async () => {
  const waiting: (() => void)[] = [];
  const { run } = await setUp({
    'convert/plan': ({ source }) =>
      new Promise((resolve) => {
        const plan = conversionPlan();
        waiting.push(() => resolve({ ...plan, source: { ...plan.source, architecture: source } }));
      }),
  });
  await run('convertModel');
  fill({ source: '/first' });
  await vi.waitUntil(() => waiting.length === 1);
  fill({ source: '/second' });
  await vi.waitUntil(() => waiting.length === 2);
  waiting[1]?.();
  await vi.waitUntil(() => lastPlan().includes('/second'));
  waiting[0]?.();
  await new Promise((resolve) => setImmediate(resolve));
  expect(lastPlan()).toContain('/second');
});

test('Convert starts what the form says, remembers it, and offers what comes next', async () => {
  const { run, paramsOf, memory } = await setUp();
  await run('convertModel');
  fill({ quantization: 'w4bf16', keepHigh: '3' }, true);
  await vi.waitUntil(() => fake.shown.length > 0);
  expect(paramsOf('convert/start')).toMatchObject({
    source: '/models/tiny',
    options: { quantization: 'w4bf16', keepHigh: [3] },
  });
  expect(fake.panels).toEqual([]);
  expect(fake.shown[0]).toMatchObject({
    message: 'tiny-w8bf16 is converted.',
    buttons: ['Show Report', 'Verify Model', 'Use This Model'],
  });
  expect(memory.get('tpuPilot.conversionFields')).toMatchObject({
    quantization: 'w4bf16',
    source: '',
    keepHigh: '',
  });
  await run('convertModel');
  expect(panel().webview.html).toMatch(/value="w4bf16"[^>]*checked/);
});

test('what stands in the way keeps it from starting', async () => {
  const problems = [{ code: 1207, message: 'x has 1 bytes free; 2 are needed.', remedy: 'y' }];
  const { run, methods } = await setUp({ 'convert/plan': () => conversionPlan({ problems }) });
  await run('convertModel');
  fill({}, true);
  await vi.waitUntil(() => lastPlan().includes('2 are needed'));
  expect(told('region').at(-1)).toMatchObject({ hasFocus: true });
  expect(methods()).not.toContain('convert/start');
});

test('a compiler that is missing is installed first, when the person agrees to its size', async () => {
  const { run, methods } = await setUp({
    'toolchain/status': () => toolchainStatus({ state: 'missing' }),
    'toolchain/install': () => jobInfo({ id: 'toolchain-1', kind: 'toolchain', state: 'done' }),
    'job/get': ({ job }) => jobInfo({ id: job, state: 'done', model: tiny.id }),
  });
  await run('convertModel');
  fill({}, true);
  await vi.waitUntil(() => fake.shown.length > 0);
  expect(fake.shown[0]?.message).toContain('2.70 GB are downloaded and take 6.71 GB');
  expect(fake.shown[0]?.buttons).toEqual(['Install']);
  // Not pressed: nothing is installed, nothing starts, and the form stays.
  await new Promise((resolve) => setImmediate(resolve));
  expect(methods()).not.toContain('toolchain/install');
  expect(fake.panels).toHaveLength(1);
  fake.press = 'Install';
  fill({}, true);
  await vi.waitUntil(() => methods().includes('convert/start'));
  expect(methods().indexOf('toolchain/install')).toBeLessThan(methods().indexOf('convert/start'));
});

test('Install Toolchain repairs one that is there only when asked to', async () => {
  const { run, methods } = await setUp();
  await run('installToolchain');
  expect(fake.shown[0]?.buttons).toEqual(['Repair']);
  expect(methods()).not.toContain('toolchain/install');
});

test.each(['convertModel', 'verifyModel', 'installToolchain'])(
  '%s does nothing in a folder that is not trusted, and says why',
  async (command) => {
    const { run, methods } = await setUp();
    fake.isTrusted = false;
    const before = methods().length;
    await run(command);
    expect(methods()).toHaveLength(before);
    expect(fake.panels).toEqual([]);
    expect(fake.shown).toMatchObject([
      {
        kind: 'warning',
        message: expect.stringContaining('not trusted') as string,
        buttons: ['Manage Workspace Trust'],
      },
    ]);
  },
);

test.each(['convertModel', 'verifyModel', 'predictPerformance', 'showModelReport'])(
  '%s is refused to a token that is not an admin',
  async (command) => {
    const { run } = await setUp({}, { role: 'user' });
    await expect(run(command)).rejects.toThrow('needs the role admin');
    expect(fake.panels).toEqual([]);
  },
);

test('a model is verified, and one that fails says what would help', async () => {
  const verified = jobInfo({ id: 'verify-1', kind: 'verify', state: 'done', model: tiny.id });
  const { run, paramsOf } = await setUp({
    'verify/start': () => verified,
    'job/get': () => verified,
  });
  fake.answerQuickPicks(tiny.id);
  fake.press = 'Show Report';
  await run('verifyModel');
  expect(paramsOf('verify/start')).toEqual({ model: tiny.id });
  expect(fake.shown[0]).toMatchObject({
    kind: 'warning',
    message:
      'tiny-w8bf16 failed its verification. Converting it again with --keep-high 2 would help.',
  });
  expect(panel().webview.html).toContain('block_cache_3');
});

test('the report shows a tensor that is chosen, and converts again with what helps', async () => {
  const { run } = await setUp();
  fake.answerQuickPicks(tiny.id);
  await run('showModelReport');
  const report = panel();
  report.say({ type: 'action', action: 'tensor', value: '0' });
  await vi.waitUntil(() => report.told.length > 0);
  expect(report.told[0]).toMatchObject({ type: 'region', id: 'tensor-detail', hasFocus: true });
  report.say({ type: 'action', action: 'convertAgain' });
  await vi.waitUntil(() => fake.panels.length === 2);
  await vi.waitUntil(() => panel().webview.html !== '');
  expect(panel().webview.html).toMatch(/id="keepHigh"[^>]*value="2"/);
  expect(panel().webview.html).toMatch(/id="source"[^>]*value="\/models\/tiny"/);
});

test('what a page says that it should not say is not heard', async () => {
  const { run } = await setUp();
  fake.answerQuickPicks(tiny.id);
  await run('showModelReport');
  for (const message of [null, 'tensor', { type: 'action' }, { type: 'form', values: 3 }]) {
    panel().say(message);
  }
  panel().say({ type: 'action', action: 'tensor', value: '99999' });
  panel().say({ type: 'action', action: 'constructor' });
  await new Promise((resolve) => setImmediate(resolve));
  expect(panel().told).toEqual([]);
  expect(logged).toEqual([]);
});

test('a converted model is not used without a card, and says so', async () => {
  const { run, methods } = await setUp();
  fake.answerQuickPicks(tiny.id);
  await run('showModelReport');
  panel().say({ type: 'action', action: 'use' });
  await vi.waitUntil(() => fake.shown.length > 0);
  expect(fake.shown[0]?.message).toContain('runs on a BM1684X card');
  expect(methods()).not.toContain('model/load');
});

test('with a card it is loaded, now and whenever the backend starts', async () => {
  const card = deviceInfo({ id: 'card0', kind: 'bm1684x' });
  const { run, paramsOf } = await setUp({ 'device/list': () => ({ devices: [card] }) });
  fake.answerQuickPicks(tiny.id);
  await run('showModelReport');
  panel().say({ type: 'action', action: 'use' });
  await vi.waitUntil(() => fake.shown.length > 0);
  expect(paramsOf('model/load')).toEqual({ model: tiny.id });
  expect(fake.userSettings.get('tpuPilot.model')).toBe(tiny.id);
});

test('a prediction needs no conversion, and leads to one', async () => {
  const { run, paramsOf } = await setUp();
  fake.answerQuickPicks('w4bf16');
  await run('predictPerformance', Uri.file('/workspace/tiny'));
  expect(paramsOf('predict/estimate')).toEqual({
    source: '/workspace/tiny',
    options: { quantization: 'w4bf16' },
  });
  expect(panel().title).toBe('tiny');
  panel().say({ type: 'action', action: 'convert' });
  await vi.waitUntil(() => fake.panels.length === 2);
  await vi.waitUntil(() => panel().webview.html !== '');
  expect(panel().webview.html).toContain('value="/workspace/tiny"');
});

test('a file that is chosen is put into the form', async () => {
  const { run } = await setUp();
  await run('convertModel');
  fake.opened = [Uri.file('/models/small.gguf')];
  panel().say({ type: 'action', action: 'browseFile' });
  await vi.waitUntil(() => told('field').length > 0);
  expect(told('field')[0]).toMatchObject({ name: 'source', value: '/models/small.gguf' });
});

test('the form goes with Cancel, and a second one replaces the first', async () => {
  const { run } = await setUp();
  await run('convertModel');
  await run('convertModel');
  expect(fake.panels).toHaveLength(1);
  panel().say({ type: 'action', action: 'close' });
  await vi.waitUntil(() => fake.panels.length === 0);
});

test('folders that hold a model have the command in their menu', async () => {
  const contexts: unknown[] = [];
  fake.answers.set('setContext', (key, value) => void contexts.push([key, value]));
  fake.files.set('/workspace/tiny/model.safetensors', new Uint8Array());
  await setUp();
  await vi.waitUntil(() => contexts.length === 1);
  fake.createFile('/workspace/other/a.safetensors');
  fake.createFile('/workspace/other/b.safetensors');
  fake.deleteFile('/workspace/other/a.safetensors');
  fake.deleteFile('/workspace/tiny/model.safetensors');
  expect(contexts.at(-1)).toEqual(['tpuPilot.modelFolders', ['/workspace/other']]);
});
