/** A whole backend in this process with the real model in a real device host. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { localTarget, type Target } from '../../backend/client/target.ts';
import { loadConfig } from '../../backend/config.ts';
import { thisMachine } from '../../backend/deviceSpecs.ts';
import { engineFor } from '../../backend/engineFor.ts';
import type { BackendStatus } from '../../backend/protocol/backend.ts';
import { createBackend } from '../../backend/server.ts';
import { testModelPath } from './provideModel.ts';

const hostModule = path.join(import.meta.dirname, '../../dist/deviceHost.js');
/** Long enough for the tests, short enough to be filled on a slow machine. */
const contextLength = 512;

export interface RealBackend extends AsyncDisposable {
  readonly target: Target;
  /** A connection, closed with the backend. */
  connect(): Promise<BackendClient>;
  /** Resolves when nothing runs or waits. */
  idle(client: BackendClient): Promise<void>;
}

export async function startRealBackend(): Promise<RealBackend> {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-test-'));
  const config = await loadConfig(home, { models: [testModelPath()], contextLength }, {});
  const backend = await createBackend({
    home,
    config,
    createEngine: engineFor(config, hostModule, thisMachine(home)),
    stderr: new Writable({ write: (_, __, done) => done() }),
  });
  const target = await localTarget(await backend.listen());
  await backend.settled();
  const clients: BackendClient[] = [];
  return {
    target,
    connect: async () => {
      const client = await BackendClient.connect(target);
      clients.push(client);
      return client;
    },
    idle: async (client) =>
      new Promise((resolve, reject) => {
        const check = ({ running, waiting }: BackendStatus): void => {
          if (running + waiting > 0) return;
          listener.dispose();
          resolve();
        };
        const listener = client.on('backend/statusChanged', check);
        client.request('backend/status', null).then(check, reject);
      }),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) await client.close();
      await backend.close(AbortSignal.abort());
      await rm(home, { recursive: true, force: true });
    },
  };
}
