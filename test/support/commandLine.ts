/** Runs the commands that need no model, in this process. */
import { registerDeviceCommands } from '../../backend/cli/device.ts';
import { run } from '../../backend/cli/run.ts';
import { registerStatusCommand } from '../../backend/cli/status.ts';
import { registerStopCommand } from '../../backend/cli/stop.ts';
import { registerTokenCommands } from '../../backend/cli/token.ts';
import { CommandOutput } from './commandOutput.ts';

/**
 * `tpu-pilot ARGS` with that home folder, on a machine without a card. No backend can be started by
 * it.
 */
export async function runCore(
  home: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { io, stdout, stderr } = new CommandOutput(home);
  const code = await run(args, io, (program) => {
    registerStatusCommand(program, io);
    registerStopCommand(program, io);
    registerTokenCommands(program, io);
    registerDeviceCommands(program, io, home);
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
