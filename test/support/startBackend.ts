/** A whole backend in this process, on any free port, with an engine whose answers the test writes. */
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { Instance } from '../../backend/client/instanceFile.ts';
import type { Target } from '../../backend/client/target.ts';
import { loadConfig, type Config } from '../../backend/config.ts';
import type { CreateEngine } from '../../backend/parts.ts';
import { defaultLimits, type ConnectionLimits } from '../../backend/rpc/limits.ts';
import { createBackend, type Backend } from '../../backend/server.ts';
import { FakeEngine } from './fakeEngine.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface StartOptions {
  readonly home?: string;
  readonly config?: Partial<Record<keyof Config, unknown>>;
  readonly limits?: Partial<ConnectionLimits>;
  readonly engine?: FakeEngine;
  readonly createEngine?: CreateEngine;
}

export interface StartedBackend {
  readonly backend: Backend;
  readonly home: string;
  readonly engine: FakeEngine;
  readonly instance: Instance;
  /** What the owner connects with. */
  readonly target: Target;
  /** What was logged for people so far. */
  readonly log: () => string;
}

export async function startBackend(options: StartOptions = {}): Promise<StartedBackend> {
  const home = options.home ?? (await temporaryFolder());
  const engine = options.engine ?? new FakeEngine();
  let log = '';
  const stderr = new Writable({
    write: (chunk: Buffer, _, done) => {
      log += chunk.toString();
      done();
    },
  });
  const backend = await createBackend({
    home,
    config: await loadConfig(home, { logLevel: 'debug', ...options.config }, {}),
    createEngine: options.createEngine ?? (() => engine),
    limits: { ...defaultLimits, ...options.limits },
    stderr,
  });
  const instance = await backend.listen();
  onTestFinished(async () => backend.close(AbortSignal.abort()));
  await backend.settled();
  const token = (await readFile(instance.tokenFile, 'utf8')).trim();
  return {
    backend,
    home,
    engine,
    instance,
    target: { url: instance.url, token },
    log: () => log,
  };
}
