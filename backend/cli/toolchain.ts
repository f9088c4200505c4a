/** `tpu-pilot toolchain …`: the vendor's compiler, which conversions need and answers don't. */
import { InvalidArgumentError, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import { ToolchainInstallParams } from '../protocol/toolchain.ts';
import { defaultInstallEdges, installToolchain } from '../toolchain/install.ts';
import { removeToolchain } from '../toolchain/remove.ts';
import { toolchainStatus } from '../toolchain/status.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { printResult, type Io } from './io.ts';
import { describeToolchain } from './toolchainText.ts';
import { withProgress } from './withProgress.ts';

type InstallOptions = CommonOptions & ToolchainInstallParams;

const installHelp = `
It makes a Python environment of its own below the home folder: 3.4 GB to download, 7.0 GB on the
disk. Stopped or killed, it goes on when it is called again; called on a damaged one, it repairs it.`;

/** Registers `toolchain install`, `status` and `remove`. Actions reject with PilotError. */
export function registerToolchainCommands(program: Command, io: Io): void {
  const toolchain = program
    .command('toolchain')
    .description('the compiler that makes models for the card');

  addCommand(toolchain, 'install', 'install, continue or repair the compiler')
    .option(
      '--python <path>',
      'the Python 3.10 to use (default: the first one found)',
      checked('python'),
    )
    .option(
      '--torch-index <url>',
      'get torch there instead, such as wheels without CUDA: 5 GB less',
      checked('torchIndex'),
    )
    .option('--docker <image>', 'run it in containers of this image', checked('docker'))
    .addHelpText('after', installHelp)
    .action((options: InstallOptions) => install(io, options));

  addCommand(toolchain, 'status', 'what is installed, and whether all of it works').action(
    async (options: CommonOptions) => {
      const home = homeFolder(options.home, io.env);
      const status = await toolchainStatus(home, io.env, io.interrupted);
      printResult(io, options.json ?? false, status, describeToolchain(status));
    },
  );

  addCommand(toolchain, 'remove', 'delete the compiler and its environment').action(
    async (options: CommonOptions) => {
      const home = homeFolder(options.home, io.env);
      await withProgress(io, (line) => removeToolchain(home, line, io.interrupted, io.env));
      printResult(io, options.json ?? false, { removed: true }, 'Removed the compiler.');
    },
  );
}

async function install(io: Io, options: InstallOptions): Promise<void> {
  const { home, json, ...params } = options;
  const status = await withProgress(io, (line) =>
    installToolchain(
      homeFolder(home, io.env),
      params,
      line,
      io.interrupted,
      defaultInstallEdges(io.env),
    ),
  );
  printResult(io, json ?? false, status, describeToolchain(status));
}

/** Commander reports what the schema refuses as wrong usage. */
function checked(name: keyof ToolchainInstallParams): (text: string) => string {
  return (text) => {
    const parsed = ToolchainInstallParams.shape[name].safeParse(text);
    if (parsed.success) return text;
    throw new InvalidArgumentError(parsed.error.issues.map(({ message }) => message).join('; '));
  };
}
