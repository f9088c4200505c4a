/** What the devices are and measure, as a list that can be copied. */
import * as vscode from 'vscode';
import type { ChipInfo, DeviceInfo } from '../backend/protocol/devices.ts';
import type { BackendConnection } from './backendConnection.ts';
import { commands, titleOf } from './commandIds.ts';
import { problemInText, sentenceOf } from './problems.ts';
import { deviceName, deviceStateName, formatMemory, heapText } from './statusRows.ts';

export interface DeviceFact {
  readonly label: string;
  readonly value: string;
}

function stateText({ state, detail }: DeviceInfo): string {
  const name = deviceStateName(state);
  if (state !== 'failed' || detail === undefined) return name;
  return `${name}: ${sentenceOf(problemInText(detail))}`;
}

/** What the device gives; nothing stands for what it doesn't. */
export function deviceFacts(device: DeviceInfo): DeviceFact[] {
  const { telemetry, models } = device;
  const facts: DeviceFact[] = [];
  const add = (label: string, value: string | number | undefined, unit = ''): void => {
    if (value === undefined) return;
    const text = typeof value === 'number' ? String(Math.round(value)) : value;
    facts.push({ label, value: unit === '' ? text : `${text} ${unit}` });
  };
  add(vscode.l10n.t('State'), stateText(device));
  for (const problem of device.problems ?? []) {
    add(vscode.l10n.t('Problem'), sentenceOf(problemInText(problem)));
  }
  add(vscode.l10n.t('Driver'), [device.kind, device.driverVersion].filter(Boolean).join(' '));
  add(vscode.l10n.t('Library'), device.libraryVersion);
  add(vscode.l10n.t('Clock'), telemetry.clockMhz ?? device.clockMhz, 'MHz');
  add(vscode.l10n.t('Threads'), telemetry.threads);
  if (telemetry.utilization !== undefined) {
    add(vscode.l10n.t('Load'), telemetry.utilization * 100, '%');
  }
  add(vscode.l10n.t('Chip temperature'), telemetry.chipTemperatureC, '°C');
  add(vscode.l10n.t('Board temperature'), telemetry.boardTemperatureC, '°C');
  add(vscode.l10n.t('Power'), telemetry.powerW, 'W');
  add(vscode.l10n.t('Board power'), telemetry.boardPowerW, 'W');
  add(vscode.l10n.t('Fan'), telemetry.fanRpm, 'rpm');
  add(vscode.l10n.t('ECC errors'), telemetry.eccErrors);
  for (const heap of telemetry.heaps ?? []) add(vscode.l10n.t('Memory'), heapText(heap));
  add(
    vscode.l10n.t('Process memory'),
    telemetry.residentBytes === undefined ? undefined : formatMemory(telemetry.residentBytes),
  );
  add(vscode.l10n.t('Restarts'), device.restarts);
  if (device.chip) addChip(device.chip, add);
  for (const { name } of models) add(vscode.l10n.t('Model'), name);
  return facts;
}

function addChip(chip: ChipInfo, add: (label: string, value: string | undefined) => void): void {
  const { card, board, serial, firmwareVersion, linkGeneration, linkLanes } = chip;
  add(vscode.l10n.t('Chip'), chip.node);
  add(vscode.l10n.t('Card'), card === undefined ? undefined : String(card));
  add(vscode.l10n.t('Board'), board);
  add(vscode.l10n.t('Serial number'), serial);
  add(vscode.l10n.t('Firmware'), firmwareVersion);
  if (linkGeneration !== undefined && linkLanes !== undefined) {
    add(vscode.l10n.t('PCIe link'), `gen${linkGeneration} x${linkLanes}`);
  }
}

/** Throws what the backend refuses with. */
export async function showDevices(backend: BackendConnection): Promise<void> {
  backend.start();
  const session = await backend.ready();
  const { devices } = await session.request('device/list', null);
  const items = devices.flatMap((device): vscode.QuickPickItem[] => [
    { label: deviceName(device, devices), kind: vscode.QuickPickItemKind.Separator },
    ...deviceFacts(device).map(({ label, value }) => ({ label, description: value })),
  ]);
  const chosen = await vscode.window.showQuickPick(items, {
    title: titleOf(commands.showDevices),
    placeHolder: vscode.l10n.t('Enter copies the list.'),
    matchOnDescription: true,
  });
  if (!chosen) return;
  const lines = items.map(({ label, description }) =>
    description === undefined ? label : `${label}: ${description}`,
  );
  await vscode.env.clipboard.writeText(lines.join('\n'));
}
