/** A backend in this process whose answers the test writes, found by the editor of the same home. */
import { Writable } from 'node:stream';
import { loadConfig } from '../../backend/config.ts';
import type { DeviceInfo } from '../../backend/protocol/devices.ts';
import { createBackend } from '../../backend/server.ts';
import type { GenerationOutcome } from '../../backend/scheduling/engine.ts';
import { FakeEngine, fakeModel } from './fakeEngine.ts';

/** Answers at once, and shows its model: the editor wants to see one before it asks. */
class ScriptedEngine extends FakeEngine {
  constructor(private readonly answer: (prompt: string) => string) {
    super(fakeModel());
  }

  override generate(...args: Parameters<FakeEngine['generate']>): Promise<GenerationOutcome> {
    const outcome = super.generate(...args);
    const call = this.calls.at(-1);
    call?.write(...this.answer(call.prompt).split(/(?<=\n)/)).finish();
    return outcome;
  }

  override devices(): Promise<DeviceInfo[]> {
    const model = {
      id: 'scripted',
      name: 'Scripted',
      slots: 2,
      activeSlots: 0,
      contextLength: 4096,
      hasFillIn: false,
      hasChatTemplate: true,
      hasTools: false,
      canThink: false,
    };
    const device: DeviceInfo = {
      id: 'scripted0',
      kind: 'cpu',
      name: 'Script',
      state: 'ready',
      restarts: 0,
      models: [model],
      telemetry: {},
    };
    return Promise.resolve([device]);
  }
}

/** @param answer From the prompt, with the template's tokens as their ids, to what is generated. */
export async function startScriptedBackend(
  home: string,
  answer: (prompt: string) => string,
): Promise<AsyncDisposable> {
  const engine = new ScriptedEngine(answer);
  const backend = await createBackend({
    home,
    config: await loadConfig(home, {}, {}),
    createEngine: () => engine,
    stderr: new Writable({ write: (_, __, done) => done() }),
  });
  await backend.listen();
  await backend.settled();
  return { [Symbol.asyncDispose]: () => backend.close(AbortSignal.abort()) };
}
