import { expect, test } from 'vitest';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { PilotError } from '../../backend/protocol/errors.ts';
import { localPolicy } from '../../extension/restartPolicy.ts';
import { whatToDo } from '../../extension/statusAdvice.ts';
import { indicatorOf, type Indicator, type StatusInput } from '../../extension/statusIndicator.ts';
import type { Supervision } from '../../extension/supervision.ts';
import { readyStatus } from '../support/fakeSession.ts';
import { deviceInfo, download, statusInput } from '../support/statusInput.ts';

const error = new PilotError('backendNotStarted', { reason: 'exit code 1' });
const otherVersion = new PilotError('protocolMismatch', { client: 2, server: 3 });

const phases: [Supervision, Indicator, RegExp][] = [
  [{ phase: 'stopped', watching: true }, 'stopped', /Start it/],
  [{ phase: 'connecting', mayStart: false, policy: localPolicy }, 'stopped', /not running/],
  [{ phase: 'connecting', mayStart: true, policy: localPolicy }, 'starting', /when it is up/],
  [
    { phase: 'connecting', mayStart: true, policy: { ...localPolicy, attempt: 2 } },
    'reconnecting',
    /Trying again/,
  ],
  [
    { phase: 'waiting', delayMs: 5, error, policy: localPolicy },
    'reconnecting',
    /did not start: exit code 1\. Trying again/,
  ],
  [{ phase: 'failed', error }, 'failed', /Read the last lines of its log/],
  [
    { phase: 'failed', error: otherVersion },
    'otherVersion',
    /speaks protocol 2, the backend 3\. Use "TPU Pilot: Restart Backend"/,
  ],
];

test.each(phases)('without a connection: %j is %s, and says what to do', (supervision, is, why) => {
  const input = statusInput({ supervision, status: undefined });
  expect(indicatorOf(input)).toBe(is);
  expect(whatToDo(input, is)).toMatch(why);
});

const noMemory = `${
  new PilotError('outOfMemory', { heap: 'NPU', device: 'tpu0', needed: 9, available: 5 }).message
} Use a smaller model, a shorter context or fewer slots.`;

const textOf = ({ message, data }: PilotError): string => `${message} ${data.remedy}`;
const hung = textOf(new PilotError('deviceHung', { device: 'tpu1', reason: 'A launch hangs.' }));
const tooBig = textOf(
  new PilotError('outOfMemoryFits', {
    heap: 'heap0',
    device: 'tpu0',
    needed: 9,
    available: 5,
    slots: 2,
    contextLength: 512,
  }),
);

const states: [
  string,
  Partial<BackendStatus>,
  Partial<StatusInput>,
  Indicator,
  RegExp | undefined,
][] = [
  ['not up yet', { state: 'starting' }, {}, 'starting', /starting/],
  [
    'loading at the start',
    { state: 'starting', devices: [deviceInfo({ state: 'loading', detail: 'Loading: 42 %' })] },
    {},
    'loading',
    /into the device/,
  ],
  ['without a model', { state: 'noModel' }, {}, 'noModel', /get a model/],
  ['getting a model', { state: 'noModel' }, { download }, 'downloading', /42 of 98 MB/],
  [
    'with a model too large',
    { state: 'noModel', problems: [noMemory] },
    {},
    'outOfMemory',
    /Not enough memory in NPU of tpu0.+load a smaller one/,
  ],
  [
    'with a device that is lost',
    { state: 'degraded', devices: [deviceInfo({ state: 'failed', detail: 'it was killed' })] },
    {},
    'degraded',
    /it was killed/,
  ],
  [
    'with one of two devices hung',
    {
      state: 'degraded',
      devices: [deviceInfo(), deviceInfo({ id: 'tpu1', state: 'failed', detail: hung })],
    },
    {},
    'degraded',
    /tpu1 is hung: recover or reboot\. A launch hangs\. Run "bm-smi --recovery --dev=N"/,
  ],
  [
    'whose only device failed before it had a model',
    {
      state: 'noModel',
      problems: [hung],
      devices: [deviceInfo({ state: 'failed', detail: hung })],
    },
    {},
    'degraded',
    /^The device tpu1 is hung((?!is hung).)*$/,
  ],
  [
    'with a model that one of two devices has no room for',
    { state: 'degraded', devices: [deviceInfo({ problems: [tooBig] }), deviceInfo()] },
    {},
    'outOfMemory',
    /in heap0 of tpu0.+2 slots of 512 tokens would fit\. Set slots/,
  ],
  ['leaving', { state: 'draining', running: 1 }, {}, 'stopping', /finishes/],
  ['answering', { running: 2 }, { paused: true }, 'busy', undefined],
  ['paused', {}, { paused: true }, 'paused', /chat answers as always/],
  ['at rest', {}, {}, 'ready', undefined],
  ['at rest, getting another model', {}, { download }, 'downloading', /42 of 98 MB/],
];

test.each(states)('a backend %s', (_, status, changes, is, why) => {
  const input = statusInput({ status: { ...readyStatus, ...status }, ...changes });
  expect(indicatorOf(input)).toBe(is);
  const advice = whatToDo(input, is);
  if (why) expect(advice).toMatch(why);
  else expect(advice).toBeUndefined();
});

test('a connection without a status yet is starting', () => {
  expect(indicatorOf(statusInput({ status: undefined }))).toBe('starting');
});
