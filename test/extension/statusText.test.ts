import { afterEach, expect, test } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { localPolicy } from '../../extension/restartPolicy.ts';
import { actionsFor } from '../../extension/statusBar.ts';
import { barText, indicatorOf, type StatusInput } from '../../extension/statusText.ts';
import { tooltipText } from '../../extension/statusTooltip.ts';
import type { Supervision } from '../../extension/supervision.ts';
import { readyStatus } from '../support/fakeSession.ts';
import { fake } from '../support/fakeVscode.ts';

afterEach(() => fake.reset());

const connected: Supervision = { phase: 'connected', since: 0, policy: localPolicy };
const error = new PilotError('backendNotStarted', { reason: 'exit code 1' });

function input(changes: Partial<StatusInput> = {}): StatusInput {
  return {
    supervision: connected,
    status: readyStatus,
    completionMs: undefined,
    inlineCompletion: true,
    remoteUrl: undefined,
    ...changes,
  };
}

function device(
  chipTemperatureC?: number,
  models: BackendStatus['devices'][number]['models'] = [],
): BackendStatus['devices'][number] {
  return {
    id: 'cpu0',
    kind: 'cpu',
    name: 'Some *CPU*',
    state: 'ready',
    restarts: 0,
    models,
    telemetry: chipTemperatureC === undefined ? {} : { chipTemperatureC },
  };
}

const phases: [string, Supervision, string][] = [
  ['stopped', { phase: 'stopped', watching: true }, '$(circle-slash) TPU stopped'],
  [
    'a quiet look for a backend',
    { phase: 'connecting', mayStart: false, policy: localPolicy },
    '$(circle-slash) TPU stopped',
  ],
  [
    'the first try',
    { phase: 'connecting', mayStart: true, policy: localPolicy },
    '$(loading~spin) TPU starting',
  ],
  [
    'a later try',
    { phase: 'connecting', mayStart: true, policy: { ...localPolicy, attempt: 2 } },
    '$(sync~spin) TPU reconnecting',
  ],
  [
    'between tries',
    { phase: 'waiting', delayMs: 5, error, policy: localPolicy },
    '$(sync~spin) TPU reconnecting',
  ],
  ['failed', { phase: 'failed', error }, '$(error) TPU failed'],
];

test.each(phases)('without a connection: %s', (_, supervision, text) => {
  expect(barText(input({ supervision, status: undefined }))).toBe(text);
});

test.each([
  ['starting', 0, '$(loading~spin) TPU starting'],
  ['noModel', 0, '$(cloud-download) TPU no model'],
  ['degraded', 0, '$(warning) TPU device not ready'],
  ['draining', 1, '$(loading~spin) TPU stopping'],
  ['ready', 0, '$(chip) TPU ready'],
  ['ready', 2, '$(loading~spin) TPU busy'],
] as const)('connected, %s with %i running', (state, running, text) => {
  expect(barText(input({ status: { ...readyStatus, state, running } }))).toBe(text);
});

test.each([
  [85.4, undefined, '$(chip) TPU 85 ms'],
  [1250, undefined, '$(chip) TPU 1.3 s'],
  [85, 54.4, '$(chip) TPU 85 ms 54 °C'],
  [undefined, 54.6, '$(chip) TPU ready 55 °C'],
])('latency %s and temperature %s', (completionMs, temperature, text) => {
  const status = { ...readyStatus, devices: [device(temperature), device()] };
  expect(barText(input({ completionMs, status }))).toBe(text);
});

test('before the first completion, the time to the first token of chat is shown', () => {
  const latency = { completion: { count: 0 }, chat: { count: 3, firstTokenP50Ms: 310 } };
  expect(barText(input({ status: { ...readyStatus, latency } }))).toBe('$(chip) TPU 310 ms');
});

test('the tooltip has model, device, queue, latency, memory and temperature', () => {
  const status: BackendStatus = {
    ...readyStatus,
    running: 1,
    waiting: 2,
    devices: [
      device(54, [
        {
          id: 'm',
          name: 'SmolLM2_135M',
          slots: 4,
          activeSlots: 1,
          contextLength: 8192,
          hasFillIn: false,
          hasChatTemplate: true,
        },
      ]),
    ],
    latency: {
      completion: { count: 9, totalP50Ms: 90, totalP95Ms: 200 },
      chat: { count: 2, firstTokenP50Ms: 300, tokensPerSecond: 41.97 },
    },
  };
  expect(tooltipText(input({ status, completionMs: 85 })).split('\n\n')).toEqual([
    '**TPU Pilot** – busy',
    String.raw`Device: Some \*CPU\* (cpu0)`,
    String.raw`Model: SmolLM2\_135M, 8192 tokens of context, 1 of 4 slots in use`,
    'Queue: 1 running, 2 waiting',
    'Last completion: 85 ms',
    'Completions: p50 90 ms, p95 200 ms',
    'Chat: first token p50 300 ms',
    'Chat: 42.0 tokens/s',
    'Temperature: 54 °C',
    'Backend memory: 100 MB',
    'Inline completion: on',
  ]);
});

test('names of models cannot put links or icons into the tooltip', () => {
  const evil = '[x](command:evil) $(bug) <b>\nnew';
  const status = { ...readyStatus, devices: [{ ...device(), name: evil }] };
  const text = tooltipText(input({ status }));
  expect(text).toContain(String.raw`\[x\]\(command:evil\) \$\(bug\) \<b\> new`);
});

test('a failure is explained with its remedy', () => {
  const text = tooltipText(input({ supervision: { phase: 'failed', error }, status: undefined }));
  expect(text).toContain('The backend did not start: exit code 1');
  expect(text).toContain('Read the last lines of its log');
});

test.each(phases)('every state has actions and the log: %s', (_, supervision) => {
  const actions = actionsFor(indicatorOf(input({ supervision })));
  expect(actions).toContain('tpuPilot.showLog');
  expect(actions.length).toBeGreaterThanOrEqual(3);
});

test('without a model, the first action is to get one', () => {
  expect(actionsFor('noModel')[0]).toBe('tpuPilot.getDefaultModel');
});

test('the state is told in the language of the editor', () => {
  fake.bundle = { ready: '就绪' };
  expect(barText(input())).toBe('$(chip) TPU 就绪');
});
