/** A whole backend in this process, with its engine open for a second client and for counting. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { BackendClient } from '../../backend/client/backendClient.ts';
import { localTarget } from '../../backend/client/target.ts';
import { loadConfig } from '../../backend/config.ts';
import { thisMachine } from '../../backend/deviceSpecs.ts';
import { engineFor } from '../../backend/engineFor.ts';
import type { Engine } from '../../backend/scheduling/engine.ts';
import { createBackend } from '../../backend/server.ts';
import { WorkLedger } from './workLedger.ts';

const hostModule = path.join(import.meta.dirname, '../../dist/deviceHost.js');

export interface TypingBackend extends AsyncDisposable {
  readonly client: BackendClient;
  readonly engine: Engine;
  readonly ledger: WorkLedger;
  /** Resolves when nothing runs or waits. */
  idle(): Promise<void>;
}

export async function startTypingBackend(model: string): Promise<TypingBackend> {
  const home = await mkdtemp(path.join(tmpdir(), 'tpu-pilot-bench-'));
  const config = await loadConfig(home, { models: [model] }, {});
  const ledger = new WorkLedger();
  let engine: Engine | undefined;
  const backend = await createBackend({
    home,
    config,
    createEngine: async (log, observer) => {
      engine = await engineFor(
        config,
        hostModule,
        thisMachine(home),
      )(log, {
        ...observer,
        onStep: (record) => {
          observer.onStep?.(record);
          ledger.onStep(record);
        },
        onRequestDone: (record) => {
          observer.onRequestDone?.(record);
          ledger.onRequestDone(record);
        },
      });
      return engine;
    },
    stderr: new Writable({ write: (_, __, done) => done() }),
  });
  const instance = await backend.listen();
  await backend.settled();
  if (engine === undefined) throw new Error('The backend has no engine.');
  const started = engine;
  const client = await BackendClient.connect(await localTarget(instance));
  return {
    client,
    engine: started,
    ledger,
    idle: async () => {
      for (;;) {
        const { running, waiting } = started.counts();
        if (running + waiting === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await backend.close(AbortSignal.abort());
      await rm(home, { recursive: true, force: true });
    },
  };
}
