/** A device as text for people. */
import type { DeviceInfo } from '../protocol/devices.ts';
import { factLines, type Fact } from './facts.ts';
import { formatBytes } from './units.ts';

/** One fact a line; what the device does not give is left out. */
export function describeDevice(device: DeviceInfo): string {
  const { telemetry } = device;
  const facts: Fact[] = [
    ['State', [device.state, device.detail].filter(Boolean).join(': ')],
    ...(device.problems ?? []).map((problem): Fact => ['Problem', problem]),
    ['Driver', [device.kind, device.driverVersion].filter(Boolean).join(' ')],
    ['Library', device.libraryVersion],
    ['Process', processText(device)],
    ['Restarts', `${device.restarts}`],
    ['Threads', device.telemetry.threads?.toString()],
    ['Clock', unit(telemetry.clockMhz ?? device.clockMhz, 'MHz')],
    ['Chip', unit(telemetry.chipTemperatureC, '°C')],
    ['Board', unit(telemetry.boardTemperatureC, '°C')],
    ['Power', unit(telemetry.powerW, 'W')],
    ['Board power', unit(telemetry.boardPowerW, 'W')],
    ['Fan', unit(telemetry.fanRpm, 'rpm')],
    ['ECC errors', telemetry.eccErrors?.toString()],
    ['Load', telemetry.utilization === undefined ? undefined : percent(telemetry.utilization)],
    ...(telemetry.heaps ?? []).map(({ name, usedBytes, totalBytes }): Fact => [
      'Memory',
      `${name}: ${formatBytes(usedBytes)} of ${formatBytes(totalBytes)} used`,
    ]),
    ...device.models.map(({ id, activeSlots, slots, contextLength }): Fact => [
      'Model',
      `${id}, ${activeSlots} of ${slots} slots in use, context ${contextLength} tokens`,
    ]),
  ];
  const lines = factLines(facts, 14).map((line) => `  ${line}`);
  return [`Device ${device.id}: ${device.name}`, ...lines].join('\n');
}

function processText({ pid, telemetry: { residentBytes } }: DeviceInfo): string | undefined {
  if (pid === undefined) return undefined;
  return residentBytes === undefined ? `${pid}` : `${pid}, ${formatBytes(residentBytes)} resident`;
}

function unit(value: number | undefined, name: string): string | undefined {
  return value === undefined ? undefined : `${value.toFixed(0)} ${name}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
