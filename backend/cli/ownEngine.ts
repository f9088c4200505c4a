/** An engine for one command, in this process, with one model: no backend is started or asked. */
import { pino } from 'pino';
import { loadConfig, type Config } from '../config.ts';
import { ModelLoader } from '../modelLoader.ts';
import { checkBeforeLoading, type LoadCheck } from '../models/loadCheck.ts';
import { createModelService } from '../models/modelService.ts';
import { ModelStore } from '../models/store.ts';
import type { CreateEngine } from '../parts.ts';
import { PilotError } from '../protocol/errors.ts';
import type { Engine } from '../scheduling/engine.ts';
import { note, type Io } from './io.ts';

export interface OwnEngineOptions {
  readonly home: string;
  /** As `--device` and `--libsophon` of `serve`. */
  readonly device?: string | undefined;
  readonly libsophon?: string | undefined;
  /** Id or alias of a model of the store, or an absolute path. */
  readonly model: string;
}

/** Any: the timer has nothing to do. */
const KEEP_ALIVE_MS = 60_000;

/**
 * Runs the action with the model loaded; its device hosts end with it.
 * @param action gets the model's id
 * @throws PilotError configInvalid, cancelled; what loading the model throws
 */
export async function withOwnEngine<T>(
  io: Io,
  { home, device, libsophon, model }: OwnEngineOptions,
  engineFor: (config: Config, home: string) => CreateEngine,
  action: (engine: Engine, model: string) => Promise<T>,
): Promise<T> {
  const config = await loadConfig(home, { device, libsophon }, io.env);
  // What goes wrong reaches the caller as an error.
  const logger = pino({ level: 'silent' });
  const engine = await engineFor(config, home)(logger, {});
  // Between a host that died and the next one nothing else does: the engine's timers are unref'd.
  const keptAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
  try {
    const models = createModelService(new ModelStore(home), () => false);
    const check = async (given: LoadCheck): Promise<void> => checkBeforeLoading(home, given);
    const loader = new ModelLoader({ engine, models, check, logger, onLoaded: () => undefined });
    note(io, `Loading ${model}.`);
    const id = await untilAborted(loader.load(model), io.interrupted);
    return await action(engine, id);
  } finally {
    clearInterval(keptAlive);
    await engine.drain(AbortSignal.abort());
  }
}

/** @throws PilotError cancelled as soon as the signal aborts; what becomes of the work is not seen */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = (): void => reject(new PilotError('cancelled'));
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}
