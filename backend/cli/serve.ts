/** `tpu-pilot serve`: the backend, until a signal or a client stops it. */
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { homeFolder } from '../client/home.ts';
import type { FailedLine, ReadyLine } from '../client/instanceFile.ts';
import { loadConfig, type Config } from '../config.ts';
import type { CreateEngine } from '../parts.ts';
import { parseListen } from '../security/listenAddress.ts';
import { createBackend } from '../server.ts';
import { deviceArgument, deviceHelp, integer } from './arguments.ts';
import { addCommand, type CommonOptions } from './command.ts';
import { describeError, exitCodes, type Io } from './io.ts';

interface ServeOptions extends CommonOptions {
  readonly listen?: string;
  readonly device?: string;
  readonly libsophon?: string;
  readonly model?: string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecure?: boolean;
  readonly allowOrigin?: string[];
  readonly allowHost?: string[];
  readonly maxConnections?: number;
  readonly idleExit?: number;
}

/** The first asks the backend to drain, the second ends it at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const details = `
When it is ready, one line of JSON on stdout says where; the log goes to stderr and to a file in
the home folder. SIGTERM or Ctrl+C lets running answers finish; a second one ends it at once.`;

/** Registers `serve`. Its action rejects with PilotError. */
export function registerServeCommand(
  program: Command,
  io: Io,
  engineFor: (config: Config, home: string) => CreateEngine,
): void {
  addCommand(program, 'serve', 'run the backend')
    .option('--listen <host:port>', 'port 0 is any free one (default: 127.0.0.1:0)', listenArgument)
    .option('--device <device>', deviceHelp, deviceArgument)
    .option('--libsophon <dir>', 'folder of the libraries of the card')
    .option('--model <name>', 'a model to load: id, alias or path; repeatable', collect)
    .option('--tls-cert <file>', 'certificate, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--insecure', 'allow to listen beyond this machine without TLS')
    .option('--allow-origin <origin>', 'origin of web pages that may connect; repeatable', collect)
    .option('--allow-host <name>', 'one more name that this host goes by; repeatable', collect)
    .option('--max-connections <n>', 'clients at once (default: 64)', integer(1, 10_000))
    .option('--idle-exit <minutes>', 'stop when unused for so long', integer(1, 35_000))
    .addHelpText('after', details)
    .action(async (options: ServeOptions) => {
      try {
        await serve(io, options, engineFor);
      } catch (error) {
        const failed: FailedLine = { event: 'failed', ...describeError(error) };
        io.stdout.write(`${JSON.stringify(failed)}\n`);
        throw error;
      }
    });
}

async function serve(
  io: Io,
  options: ServeOptions,
  engineFor: (config: Config, home: string) => CreateEngine,
): Promise<void> {
  const home = homeFolder(options.home, io.env);
  const config = await loadConfig(home, toFlags(options), io.env);
  const signalled = stopOnSignal();
  const backend = await createBackend({
    home,
    config,
    createEngine: engineFor(config, home),
    stderr: io.stderr,
  });
  process.once('uncaughtException', (error) => {
    void backend.logCrash(error).finally(() => process.exit(exitCodes.failed));
  });
  const { pid, url, http, tokenFile, certFile } = await backend.listen();
  const stop = Promise.race([signalled, backend.stopRequested]);
  const ready = await Promise.race([backend.settled().then(() => true), stop.then(() => false)]);
  if (ready) {
    const line: ReadyLine = {
      event: 'ready',
      url,
      http,
      pid,
      tokenFile,
      ...(certFile !== undefined && { certFile }),
    };
    io.stdout.write(`${JSON.stringify(line)}\n`);
  }
  await stop;
  await backend.close(AbortSignal.timeout(config.drainMs));
}

/** Resolves on the first signal; the second one ends the process without further ado. */
async function stopOnSignal(): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    for (const signal of SIGNALS) {
      process.on(signal, () => {
        received += 1;
        if (received > 1) process.exit(exitCodes.failed);
        resolve();
      });
    }
  });
}

function toFlags(options: ServeOptions): Partial<Record<keyof Config, unknown>> {
  return {
    listen: options.listen,
    device: options.device,
    libsophon: options.libsophon && path.resolve(options.libsophon),
    models: options.model?.map(modelName),
    tlsCert: options.tlsCert,
    tlsKey: options.tlsKey,
    insecure: options.insecure,
    allowOrigins: options.allowOrigin,
    allowHosts: options.allowHost,
    maxConnections: options.maxConnections,
    idleExitMinutes: options.idleExit,
  };
}

/** A path is one by its slash or ending, and is meant from where the command was given. */
function modelName(name: string): string {
  return /[/\\]|\.(?:gguf|bmodel)$/i.test(name) ? path.resolve(name) : name;
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

function listenArgument(text: string): string {
  if (parseListen(text)) return text;
  throw new InvalidArgumentError('It must be HOST:PORT or [IPv6]:PORT.');
}
