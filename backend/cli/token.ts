/** `tpu-pilot token …`: named tokens for other people and machines. */
import { mkdir } from 'node:fs/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import type { BackendClient } from '../client/backendClient.ts';
import { asHomeError } from '../instance.ts';
import { TokenCreateParams } from '../protocol/backend.ts';
import { Role } from '../protocol/handshake.ts';
import { TokenStore } from '../security/tokens.ts';
import { addCommand, withRunningBackend, type CommonOptions } from './command.ts';
import { note, printResult, type Io } from './io.ts';

interface CreateOptions extends CommonOptions {
  readonly role: Role;
}

/** Registers `token create`, `list` and `revoke`. A running backend does it itself. */
export function registerTokenCommands(program: Command, io: Io): void {
  const token = program.command('token').description('named tokens for others');

  addCommand(token, 'create', 'a new token, printed once')
    .argument('<name>', 'letters, digits, dots, dashes and underscores', nameArgument)
    .addOption(
      new Option('--role <role>', 'admin may also pull models, make tokens and stop the backend')
        .choices(Role.options)
        .default('user'),
    )
    .action(async (name: string, { role, ...options }: CreateOptions) => {
      const created = await withTokens(io, options, {
        running: async (client) => client.request('token/create', { name, role }),
        stopped: async (store) => store.create({ name, role }),
      });
      note(io, 'This is the only time the token is shown.');
      printResult(io, options.json ?? false, created, created.token);
    });

  addCommand(token, 'list', 'names and roles').action(async (options: CommonOptions) => {
    const tokens = await withTokens(io, options, {
      running: async (client) => (await client.request('token/list', null)).tokens,
      stopped: async (store) => Promise.resolve(store.list()),
    });
    const lines = tokens.map((one) => `${one.name}  ${one.role}  ${one.createdAt}`);
    printResult(io, options.json ?? false, { tokens }, lines.join('\n') || 'No tokens.');
  });

  addCommand(token, 'revoke <name>', 'make a token worthless and end its connections').action(
    async (name: string, options: CommonOptions) => {
      await withTokens(io, options, {
        running: async (client) => client.request('token/revoke', { name }),
        stopped: async (store) => store.revoke(name),
      });
      printResult(io, options.json ?? false, { revoked: name }, `Revoked ${name}.`);
    },
  );
}

interface TokenActions<T> {
  readonly running: (client: BackendClient) => Promise<T>;
  readonly stopped: (store: TokenStore) => Promise<T>;
}

async function withTokens<T>(
  io: Io,
  options: CommonOptions,
  { running, stopped }: TokenActions<T>,
): Promise<T> {
  return withRunningBackend(io, options, async (client) => {
    if (client) return running(client);
    const home = homeFolder(options.home, io.env);
    try {
      await mkdir(home, { recursive: true, mode: 0o700 });
      return await stopped(await TokenStore.open(home));
    } catch (error) {
      throw asHomeError(home, error);
    }
  });
}

function nameArgument(text: string): string {
  const parsed = TokenCreateParams.shape.name.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError('Use up to 64 letters, digits, dots, dashes and underscores.');
}
