/** Runs a command line to its exit code. */
import { Command, CommanderError } from 'commander';
import { version } from '../protocol/version.ts';
import { exitCodes, printError, type Io } from './io.ts';

/**
 * @param args without the runtime and the script
 * @param register adds the commands
 * @returns 0, 1 when the command failed, 2 when it was used wrongly
 */
export async function run(
  args: readonly string[],
  io: Io,
  register: (program: Command) => void,
): Promise<number> {
  const program = new Command('tpu-pilot')
    .description('Local AI for editors, on a BM1684X card or on the CPU.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(add --help for the options)')
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
    });
  register(program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    printError(io, args.includes('--json'), error);
    return exitCodes.failed;
  }
}
