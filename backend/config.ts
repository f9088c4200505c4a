/** The configuration of `serve`: defaults < config.json in the home < environment < flags. */
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { homePaths } from './client/home.ts';
import { DeviceText } from './devices/deviceName.ts';
import { PilotError } from './protocol/errors.ts';
import { parseListen } from './security/listenAddress.ts';

const ListenText = z.string().transform((text, context) => {
  const address = parseListen(text);
  if (address) return address;
  context.addIssue({ code: 'custom', message: 'must be HOST:PORT or [IPv6]:PORT' });
  return z.NEVER;
});

const Count = z.coerce.number().int().positive();
const Names = z.array(z.string().min(1)).default([]);

/** One layer of the configuration, as config.json holds it. Later layers replace whole values. */
const Settings = z.strictObject({
  listen: ListenText.default({ host: '127.0.0.1', port: 0 }),
  device: DeviceText.default({ kind: 'auto' }),
  /** Folder of the card's libraries; where libsophon installs them, when left out. */
  libsophon: z.string().min(1).optional(),
  /** Aliases, ids or paths of the models to load; without any, the alias `default` if it exists. */
  models: Names,
  /** Sequences of one model that run at once. */
  slots: Count.max(64).optional(),
  /** Longest sequence in tokens; the model's own limit, or what fits, when left out. */
  contextLength: Count.optional(),
  tlsCert: z.string().optional(),
  tlsKey: z.string().optional(),
  /** Listen beyond this machine without TLS. */
  insecure: z.boolean().default(false),
  allowOrigins: Names,
  allowHosts: Names,
  maxConnections: Count.default(64),
  /** Longest time for running answers to finish after a stop, in ms. */
  drainMs: Count.default(20_000),
  /** Stop after so many minutes without a client and without a job; never, when left out. */
  idleExitMinutes: z.coerce.number().positive().max(35_000).optional(),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace']).default('info'),
});
export type Config = Readonly<z.output<typeof Settings>>;
type Layer = Partial<Record<keyof Config, unknown>>;

/**
 * @param flags values given on the command line; those left undefined do not count
 * @throws PilotError configInvalid naming the option
 */
export async function loadConfig(
  home: string,
  flags: Layer,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Config> {
  const layers = [await readConfigFile(homePaths(home).config), fromEnvironment(env), flags];
  const merged = Object.assign({}, ...layers.map(withoutUndefined)) as Layer;
  const parsed = Settings.safeParse(merged);
  if (!parsed.success) throw configInvalid(parsed.error);
  const config = parsed.data;
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new PilotError('configInvalid', { reason: 'tlsCert and tlsKey are given together.' });
  }
  return config;
}

function fromEnvironment(env: NodeJS.ProcessEnv): Layer {
  return {
    listen: env['TPU_PILOT_LISTEN'],
    device: env['TPU_PILOT_DEVICE'],
    libsophon: env['TPU_PILOT_LIBSOPHON'],
    models: env['TPU_PILOT_MODEL']?.split(',').filter((name) => name !== ''),
    logLevel: env['TPU_PILOT_LOG_LEVEL'],
  };
}

async function readConfigFile(path: string): Promise<Layer> {
  let text;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isAbsent(error)) return {};
    const reason = error instanceof Error ? error.message : String(error);
    throw new PilotError('fileUnreadable', { path, reason }, { cause: error });
  }
  try {
    return z.looseObject({}).parse(JSON.parse(text));
  } catch (cause) {
    throw new PilotError('configInvalid', { reason: `${path} is not a JSON object.` }, { cause });
  }
}

/** No file, or no folder: the latter is reported where the home is taken. */
function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}

function withoutUndefined(layer: Layer): Layer {
  return Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined));
}

function configInvalid(error: z.ZodError): PilotError {
  const issue = error.issues[0];
  const option = issue?.path.join('.') ?? '';
  const reason = [option, issue?.message].filter((part) => part).join(': ');
  return new PilotError('configInvalid', { reason }, { cause: error });
}
