/**
 * A whole backend in this process, whose one model can think and call tools because a test writes
 * what it says. An extension with the same home finds it as it would find any other.
 */
import { Writable } from 'node:stream';
import { loadConfig } from '../../../backend/config.ts';
import type { DeviceInfo } from '../../../backend/protocol/devices.ts';
import { createBackend, type Backend } from '../../../backend/server.ts';
import { FakeEngine, fakeModel, type FakeCall } from '../fakeEngine.ts';
import { hermesTemplate } from '../toolTemplates.ts';

const MODEL = 'Scripted-Thinker';

class ScriptedEngine extends FakeEngine {
  override devices(): Promise<DeviceInfo[]> {
    const model = {
      id: 'fake',
      name: MODEL,
      slots: 2,
      activeSlots: 0,
      contextLength: 8192,
      hasFillIn: false,
      hasChatTemplate: true,
      hasTools: true,
      canThink: true,
    };
    const device = { id: 'cpu', kind: 'cpu', name: 'CPU', state: 'ready' as const };
    return Promise.resolve([{ ...device, restarts: 0, models: [model], telemetry: {} }]);
  }
}

export interface ScriptedBackend {
  readonly engine: FakeEngine;
  /** Ends it, so that the editor's extension sees it go. */
  close(): Promise<void>;
}

/** @param answer writes the answer to each request; may leave it unfinished */
export async function startScriptedBackend(
  home: string,
  answer: (call: FakeCall) => void,
): Promise<ScriptedBackend> {
  const engine = new ScriptedEngine(fakeModel({ chatTemplate: hermesTemplate }, 8192));
  const backend: Backend = await createBackend({
    home,
    config: await loadConfig(home, {}, {}),
    createEngine: () => engine,
    stderr: new Writable({ write: (_, __, done) => done() }),
  });
  await backend.listen();
  await backend.settled();
  void (async () => {
    for (;;) answer(await engine.nextCall());
  })();
  return { engine, close: () => backend.close(AbortSignal.abort()) };
}
