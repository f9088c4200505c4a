/** `#tpuDevice`: the accelerators, what they run and what they measure. */
import * as vscode from 'vscode';
import * as z from 'zod';
import type { DeviceInfo, LoadedModelInfo, Telemetry } from '../../backend/protocol/devices.ts';
import type { PilotTool } from './pilotTool.ts';

const Input = z.object({
  device: z.string().max(128).optional().describe('Id of one device'),
});

const MEGABYTE = 1024 * 1024;

/** Only what the device gives: a model would read a 0 as a measurement. */
function telemetryText(telemetry: Telemetry): string[] {
  const facts: string[] = [];
  const add = (label: string, value: number | undefined, unit: string): void => {
    if (value !== undefined) facts.push(`${label} ${Math.round(value * 10) / 10}${unit}`);
  };
  add('chip', telemetry.chipTemperatureC, ' °C');
  add('board', telemetry.boardTemperatureC, ' °C');
  add('power', telemetry.powerW, ' W');
  add('board power', telemetry.boardPowerW, ' W');
  add('clock', telemetry.clockMhz, ' MHz');
  add('load', telemetry.utilization && telemetry.utilization * 100, ' %');
  add('fan', telemetry.fanRpm, ' rpm');
  add('ECC errors', telemetry.eccErrors, '');
  for (const { name, usedBytes, totalBytes } of telemetry.heaps ?? []) {
    facts.push(
      `memory ${name} ${Math.round(usedBytes / MEGABYTE)}/${Math.round(totalBytes / MEGABYTE)} MB`,
    );
  }
  return facts;
}

function modelText(model: LoadedModelInfo): string {
  const { name, activeSlots, slots, contextLength } = model;
  return `  model ${name}: ${activeSlots}/${slots} slots in use, context ${contextLength} tokens`;
}

function deviceText(device: DeviceInfo): string {
  const { id, name, kind, state, detail, restarts, telemetry, models } = device;
  const facts = [`driver ${kind}`, `restarts ${restarts}`, ...telemetryText(telemetry)];
  const lacks = (device.problems ?? []).map((problem) => `  problem: ${problem}`);
  const why = detail === undefined ? '' : ` (${detail})`;
  return [
    `${id}: ${name}, ${state}${why}; ${facts.join(', ')}`,
    ...lacks,
    ...models.map(modelText),
  ].join('\n');
}

export const deviceStatus: PilotTool<z.output<typeof Input>> = {
  name: 'tpu-pilot_device_status',
  input: Input,
  invocation: () => vscode.l10n.t('Reading the device status'),
  async run({ device }, session, signal) {
    const [list, status] = await Promise.all([
      session.request('device/list', null, signal),
      session.request('backend/status', null, signal),
    ]);
    const asked = list.devices.filter(({ id }) => device === undefined || id === device);
    if (asked.length === 0) {
      const known = list.devices.map(({ id }) => id).join(', ') || 'none';
      return `There is no device ${device ?? ''}. Devices: ${known}.`;
    }
    const queue = `queue: ${status.running} running, ${status.waiting} waiting`;
    return [...asked.map(deviceText), queue].join('\n');
  },
};
