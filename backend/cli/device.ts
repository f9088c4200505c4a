/** `tpu-pilot device info`: the chips of this machine, and the devices as the backend sees them. */
import type { Command } from 'commander';
import { undrivenChips } from '../card/pciBus.ts';
import type { BackendClient } from '../client/backendClient.ts';
import type { DeviceInfo } from '../protocol/devices.ts';
import { describeChip, reportChips } from './chipReport.ts';
import { addCommand, withBackend, withRunningBackend, type CommonOptions } from './command.ts';
import { describeDevice } from './deviceText.ts';
import { printResult, type Io } from './io.ts';

/**
 * Registers `device`, which alone means `device info`.
 * @param root stands for `/`, where the driver shows its chips
 */
export function registerDeviceCommands(program: Command, io: Io, root = '/'): void {
  const device = program.command('device').description('look at the devices');
  addCommand(device, 'info', 'chips with what is wrong with them; devices with their models', {
    isDefault: true,
  }).action(async (options: CommonOptions) => {
    const running = await withRunningBackend(io, options, async (client) =>
      client === undefined ? undefined : listDevices(client),
    );
    let devices = running ?? [];
    const chips = await reportChips(devices, root);
    const undriven = await undrivenChips(root);
    // A card is described by its driver; what else the machine can do, only a backend knows.
    if (running === undefined && chips.length === 0 && undriven.length === 0) {
      devices = await withBackend(io, options, listDevices);
    }
    const texts = [
      ...undriven.map(describeUndriven),
      ...chips.map(describeChip),
      ...devices.map(describeDevice),
    ];
    if (running === undefined && chips.length > 0) texts.push('No backend runs on them.');
    const text = texts.join('\n\n') || 'There is no device.';
    printResult(io, options.json ?? false, { chips, devices, undriven }, text);
  });
}

function describeUndriven(address: string): string {
  return [
    `BM1684X at ${address}: no driver has taken it`,
    '  Install the driver of libsophon as docs/card.md says; if it is installed, load it with',
    '  "sudo modprobe bmsophon" and look for bmsophon in "sudo dmesg".',
  ].join('\n');
}

async function listDevices(client: BackendClient): Promise<DeviceInfo[]> {
  return (await client.request('device/list', null)).devices;
}
