/** `tpu-pilot device info`: the accelerators, as the backend sees them. */
import type { Command } from 'commander';
import { addCommand, withBackend, type CommonOptions } from './command.ts';
import { describeDevice } from './deviceText.ts';
import { printResult, type Io } from './io.ts';

/** Registers `device`, which alone means `device info`. */
export function registerDeviceCommands(program: Command, io: Io): void {
  const device = program.command('device').description('look at the devices');
  addCommand(device, 'info', 'devices with their state, models and sensors', {
    isDefault: true,
  }).action(async (options: CommonOptions) => {
    const { devices } = await withBackend(io, options, async (client) =>
      client.request('device/list', null),
    );
    const text = devices.map(describeDevice).join('\n\n');
    printResult(io, options.json ?? false, { devices }, text || 'There is no device.');
  });
}
