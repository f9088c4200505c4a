/** Loads models on the devices, and remembers which could not be. */
import path from 'node:path';
import type { Logger } from './logging.ts';
import { DEFAULT_ALIAS } from './models/defaultModel.ts';
import type { LoadCheck } from './models/loadCheck.ts';
import type { ModelService } from './models/modelService.ts';
import { toModelId } from './models/safeName.ts';
import { PilotError, toPilotError } from './protocol/errors.ts';
import type { Engine } from './scheduling/engine.ts';

export interface ModelLoaderOptions {
  readonly engine: Pick<Engine, 'load'>;
  readonly models: Pick<ModelService, 'get'>;
  /** Rejects for a model that no device is to be given. */
  check(model: LoadCheck): Promise<void>;
  readonly logger: Logger;
  onLoaded(id: string, ms: number): void;
}

export class ModelLoader {
  readonly #options: ModelLoaderOptions;
  /** By the name that was asked for. */
  readonly #problems = new Map<string, string>();
  /** Paths of files and folders that are not of the store, by the ids they were given. */
  readonly #paths = new Map<string, string>();

  constructor(options: ModelLoaderOptions) {
    this.#options = options;
  }

  /** One sentence for each model that was named at the start and could not be loaded. */
  get problems(): string[] {
    return [...this.#problems.values()];
  }

  /**
   * @param name id or alias of a model of the store, or an absolute path, by which the model can be
   * asked for from then on
   * @returns its id
   * @throws PilotError modelNotFound, modelInvalid and whatever the device says
   */
  async load(name: string): Promise<string> {
    const model = await this.#find(name);
    const start = performance.now();
    await this.#options.check(model);
    await this.#options.engine.load(model);
    const ms = performance.now() - start;
    this.#options.onLoaded(model.id, ms);
    this.#options.logger.info({ model: model.id, ms: Math.round(ms) }, 'model loaded');
    for (const known of [name, model.id, ...model.aliases]) this.#problems.delete(known);
    return model.id;
  }

  /**
   * The models to start with: ids, aliases, or absolute paths of files that need not be in the
   * store. Without any, the default model, if there is one. Never rejects: the backend can serve
   * without a model, and a client may get one.
   */
  async loadAll(names: readonly string[]): Promise<void> {
    if (names.length === 0) {
      await this.#try(DEFAULT_ALIAS, (error) => error.errorName === 'modelNotFound');
    }
    for (const name of names) await this.#try(name, () => false);
  }

  async #try(name: string, isNoProblem: (error: PilotError) => boolean): Promise<void> {
    try {
      await this.load(name);
    } catch (error) {
      if (error instanceof PilotError && isNoProblem(error)) return;
      const { message, data } = toPilotError(error);
      const problem = `${message} ${data.remedy}`;
      // Where it was thrown is of use for what nobody expected alone.
      const cause = error instanceof PilotError ? {} : { err: error };
      this.#options.logger.error({ ...cause, model: name }, `model not loaded: ${problem}`);
      this.#problems.set(name, problem);
    }
  }

  async #find(name: string): Promise<LoadCheck & { id: string; aliases: readonly string[] }> {
    if (path.isAbsolute(name)) return { id: await this.#idFor(name), aliases: [name], path: name };
    const { id, aliases, path: file, files } = await this.#options.models.get(name);
    return { id, aliases, path: file, files };
  }

  /** Two paths never share an id, though they may end alike; nor do a path and a stored model. */
  async #idFor(file: string): Promise<string> {
    const id = toModelId(path.basename(file).replace(/\.(?:gguf|bmodel)$/iu, ''));
    for (let n = 1; ; n++) {
      const free = n === 1 ? id : `${id}-${n}`;
      const stored = await this.#options.models.get(free).catch(() => undefined);
      if ((this.#paths.get(free) ?? stored?.path ?? file) !== file) continue;
      this.#paths.set(free, file);
      return free;
    }
  }
}
