/** The options every command has, and the way its action reaches a backend. */
import type { Command, CommandOptions } from 'commander';
import { attach, attachOrStart } from '../client/attach.ts';
import type { BackendClient } from '../client/backendClient.ts';
import { homeFolder } from '../client/home.ts';
import { note, type Io } from './io.ts';

export interface CommonOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/** A subcommand with --home and --json. */
export function addCommand(
  parent: Command,
  nameAndArguments: string,
  summary: string,
  options: CommandOptions = {},
): Command {
  return parent
    .command(nameAndArguments, options)
    .description(summary)
    .option('--home <dir>', 'the folder for models, tokens and logs (default: TPU_PILOT_HOME)')
    .option('--json', 'print JSON for programs');
}

/**
 * Runs the action on the backend of the home; starts one if there is none. The backend stays up
 * afterwards, for the next command and for the editor.
 * @throws what attachOrStart throws
 */
export async function withBackend<T>(
  io: Io,
  options: CommonOptions,
  action: (client: BackendClient) => Promise<T>,
): Promise<T> {
  const home = homeFolder(options.home, io.env);
  const { client, started } = await attachOrStart(home, {
    runtime: io.runtime,
    entry: io.entry,
    args: ['--home', home],
    env: io.env,
  });
  if (started) note(io, 'Started a backend; "tpu-pilot stop" ends it.');
  try {
    await client.settled();
    return await action(client);
  } finally {
    await client.close();
  }
}

/** Runs the action on the backend of the home, or without a client when none runs. */
export async function withRunningBackend<T>(
  io: Io,
  options: CommonOptions,
  action: (client: BackendClient | undefined) => Promise<T>,
): Promise<T> {
  const client = await attach(homeFolder(options.home, io.env));
  try {
    return await action(client);
  } finally {
    await client?.close();
  }
}
