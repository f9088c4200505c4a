import { afterEach, expect, test } from 'vitest';
import { barText, spokenText } from '../../extension/statusText.ts';
import { readyStatus } from '../support/fakeSession.ts';
import { fake } from '../support/fakeVscode.ts';
import { deviceInfo, download, statusInput } from '../support/statusInput.ts';

afterEach(() => fake.reset());

const hot = (chipTemperatureC: number | undefined) => ({
  ...readyStatus,
  devices: [
    deviceInfo({ telemetry: chipTemperatureC === undefined ? {} : { chipTemperatureC } }),
    deviceInfo(),
  ],
});

test.each([
  [undefined, undefined, '$(chip) TPU ready'],
  [85.4, undefined, '$(chip) TPU 85 ms'],
  [1250, undefined, '$(chip) TPU 1.3 s'],
  [85, 54.4, '$(chip) TPU 85 ms 54 °C'],
  [undefined, 54.6, '$(chip) TPU ready 55 °C'],
])('latency %s and temperature %s', (completionMs, temperature, text) => {
  expect(barText(statusInput({ completionMs, status: hot(temperature) }))).toBe(text);
});

test('before the first completion, the time to the first token of chat is shown', () => {
  const latency = { completion: { count: 0 }, chat: { count: 3, firstTokenP50Ms: 310 } };
  expect(barText(statusInput({ status: { ...readyStatus, latency } }))).toBe('$(chip) TPU 310 ms');
});

test('while it works, the latency stays', () => {
  const status = { ...readyStatus, running: 1 };
  expect(barText(statusInput({ status, completionMs: 85 }))).toBe('$(loading~spin) TPU 85 ms');
});

test('a download shows how far it is, when that is known', () => {
  const status = { ...readyStatus, state: 'noModel' as const };
  expect(barText(statusInput({ status, download }))).toBe('$(cloud-download) TPU 42 %');
  const unknown = { ...download, fraction: undefined };
  expect(barText(statusInput({ status, download: unknown }))).toBe(
    '$(cloud-download) TPU downloading model',
  );
});

test('a model on its way into the device shows how far it is', () => {
  const devices = [deviceInfo({ state: 'loading', detail: 'Loading: 42 %' })];
  const status = { ...readyStatus, state: 'starting' as const, devices };
  expect(barText(statusInput({ status }))).toBe('$(loading~spin) TPU loading model 42 %');
});

test('Restricted Mode shows a shield', () => {
  expect(barText(statusInput({ trusted: false }))).toBe('$(chip) TPU ready $(shield)');
});

test('a screen reader hears sentences, and no icons', () => {
  const input = statusInput({ completionMs: 85, status: hot(54.4), trusted: false });
  expect(spokenText(input)).toBe(
    'TPU Pilot: ready. Latency: 85 ms. Temperature: 54 °C. Restricted Mode. Press Enter for actions.',
  );
  const off = statusInput({ supervision: { phase: 'stopped', watching: true }, status: undefined });
  expect(spokenText(off)).toMatch(/^TPU Pilot: off\. The backend is not running\. .+ actions\.$/);
});

test('the state is told in the language of the editor', () => {
  fake.bundle = { ready: '就绪' };
  expect(barText(statusInput())).toBe('$(chip) TPU 就绪');
});
