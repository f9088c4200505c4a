/** The composition root: a whole backend from a home folder and a configuration. */
import path from 'node:path';
import { homePaths } from './client/home.ts';
import type { Instance } from './client/instanceFile.ts';
import type { Config } from './config.ts';
import { createHttpServer, proofHeaders } from './http.ts';
import { createServices } from './handlerServices.ts';
import { IdleWatch } from './idleWatch.ts';
import { acquireInstance, asHomeError, type InstanceLock } from './instance.ts';
import { listenOn } from './listen.ts';
import { createLog, type Log } from './logging.ts';
import { createParts, type CreateEngine } from './parts.ts';
import { PROTOCOL_VERSION } from './protocol/handshake.ts';
import { version } from './protocol/version.ts';
import { ConnectionRegistry } from './rpc/connectionRegistry.ts';
import { createNotificationHandlers, createRequestHandlers } from './rpc/handlers.ts';
import { defaultLimits, type ConnectionLimits } from './rpc/limits.ts';
import { requireSafeListen } from './security/listenAddress.ts';
import { readTlsFiles, type TlsFiles } from './security/tlsFiles.ts';
import { TokenStore } from './security/tokens.ts';
import { StatusFeed } from './statusFeed.ts';

/** For replies that are on their way when the device has nothing more to say. */
const FLUSH_MS = 2_000;

export interface BackendOptions {
  readonly home: string;
  readonly config: Config;
  readonly createEngine: CreateEngine;
  readonly limits?: ConnectionLimits;
  /** Where log lines for people go. */
  readonly stderr?: NodeJS.WritableStream;
}

export interface Backend {
  /**
   * Opens the port, tells clients of this machine about it, and begins to load the models.
   * @throws PilotError portInUse, configInvalid; the backend is closed then
   */
  listen(): Promise<Instance>;
  /** Resolves when the models named have been loaded or have failed. */
  settled(): Promise<void>;
  /** Resolves when a client has asked the backend to stop. */
  readonly stopRequested: Promise<void>;
  /** Refuses what is new, lets answers finish until the signal aborts, tells everybody, and ends. */
  close(now: AbortSignal): Promise<void>;
  /** Writes to the log what nobody caught, before the process ends. */
  logCrash(error: unknown): Promise<void>;
}

/**
 * Takes the home folder and starts the device hosts.
 * @throws PilotError insecureListen, configInvalid, alreadyRunning, homeNotWritable
 */
export async function createBackend(options: BackendOptions): Promise<Backend> {
  const { home, config } = options;
  const tls = await readTlsFiles(config);
  requireSafeListen(config.listen, { tls: tls !== undefined, insecure: config.insecure });
  const lost = new AbortController();
  const lock = await acquireInstance(home, (error) => lost.abort(error));
  try {
    const tokens = await TokenStore.open(home);
    const log = createLog(homePaths(home).log, config.logLevel, options.stderr);
    lost.signal.addEventListener('abort', () => {
      log.logger.error({ err: lost.signal.reason as unknown }, 'the lock of the home was lost');
    });
    return await assemble(options, lock, log, tokens, tls);
  } catch (error) {
    await lock.release();
    throw asHomeError(home, error);
  }
}

async function assemble(
  { home, config, createEngine, limits = defaultLimits }: BackendOptions,
  lock: InstanceLock,
  log: Log,
  tokens: TokenStore,
  tls: TlsFiles | undefined,
): Promise<Backend> {
  const { logger } = log;
  const parts = await createParts(home, logger, createEngine, () => connections.size);
  const { engine, loader, jobs, completion, report } = parts;
  let requestStop: () => void = () => undefined;
  const stopRequested = new Promise<void>((resolve) => (requestStop = resolve));

  const connections = new ConnectionRegistry({
    requests: createRequestHandlers(
      createServices(parts, tokens, config, {
        onRevoked: (name) => connections.closeToken(name),
        // After the answer to the request has been written.
        stop: () => setImmediate(requestStop),
      }),
    ),
    notifications: createNotificationHandlers(completion),
    limits,
    maxConnections: config.maxConnections,
    logger,
    onGone: (id) => completion.forget(id),
    onSize: () => idleWatch.changed(),
  });
  const server = createHttpServer(
    {
      guard: {
        listenHost: config.listen.host,
        allowedHosts: config.allowHosts,
        allowedOrigins: config.allowOrigins,
      },
      tokens,
      ...(tls && { tls }),
      logger,
      state: async () => (await report.status()).state,
      metrics: parts.metricsText,
      admit: () => connections.admit(),
      upgrade: (request, socket, head, identity) => {
        const headers = proofHeaders(request, identity.tokenHash);
        connections.accept(request, socket, head, identity, headers);
      },
    },
    config.maxConnections,
  );
  const feed = new StatusFeed(
    () => report.status(),
    () => connections.size > 0,
    (status) => connections.broadcast('backend/statusChanged', status),
  );
  const minutes = config.idleExitMinutes;
  const idleWatch = new IdleWatch(
    minutes === undefined ? undefined : minutes * 60_000,
    () => connections.size > 0 || jobs.isBusy,
    () => {
      logger.info({ minutes }, 'nobody has used the backend for a while');
      requestStop();
    },
  );
  jobs.onChanged((job) => {
    connections.broadcast('job/changed', job, 'admin');
    idleWatch.changed();
  });

  let settled = Promise.resolve();
  const backend: Backend = {
    stopRequested,
    settled: async () => settled,
    listen: async () => {
      try {
        const addresses = await listenOn(server, config.listen, tls !== undefined);
        const instance = describeInstance(home, config, addresses);
        await lock.publish(instance);
        logger.info({ url: addresses.url, version }, 'listening');
        settled = loader.loadAll(config.models).then(async () => {
          if (report.phase === 'starting') report.phase = 'running';
          await feed.check();
          idleWatch.changed();
        });
        return instance;
      } catch (error) {
        await backend.close(AbortSignal.abort());
        throw asHomeError(home, error);
      }
    },
    close: async (now) => {
      logger.info('stopping');
      report.phase = 'draining';
      connections.stopAdmitting();
      await feed.check();
      feed.stop();
      idleWatch.close();
      await Promise.all([engine.drain(now), jobs.close()]);
      await connections.idle(AbortSignal.timeout(FLUSH_MS));
      await connections.closeAll();
      if (server.listening) {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        await closed;
      }
      await lock.release();
      logger.info('stopped');
      await log.close();
    },
    logCrash: async (error) => {
      logger.fatal({ err: error }, 'the backend crashed');
      await log.close();
    },
  };
  return backend;
}

function describeInstance(
  home: string,
  config: Config,
  addresses: { url: string; http: string },
): Instance {
  return {
    pid: process.pid,
    ...addresses,
    tokenFile: homePaths(home).token,
    ...(config.tlsCert !== undefined && { certFile: path.resolve(config.tlsCert) }),
    version,
    protocolVersion: PROTOCOL_VERSION,
    startedAt: new Date().toISOString(),
  };
}
