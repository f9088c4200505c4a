/** Loads models on the device, and remembers which could not be. */
import path from 'node:path';
import type { Logger } from './logging.ts';
import { DEFAULT_ALIAS } from './models/defaultModel.ts';
import type { ModelService } from './models/modelService.ts';
import { toModelId } from './models/safeName.ts';
import { PilotError } from './protocol/errors.ts';
import type { Engine } from './scheduling/engine.ts';

export interface ModelLoaderOptions {
  readonly engine: Pick<Engine, 'load'>;
  readonly models: Pick<ModelService, 'get'>;
  readonly logger: Logger;
  onLoaded(id: string, ms: number): void;
}

export class ModelLoader {
  readonly #options: ModelLoaderOptions;
  /** By the name that was asked for. */
  readonly #problems = new Map<string, string>();

  constructor(options: ModelLoaderOptions) {
    this.#options = options;
  }

  /** One sentence for each model that was named at the start and could not be loaded. */
  get problems(): string[] {
    return [...this.#problems.values()];
  }

  /**
   * @param name id or alias of a model of the store
   * @throws PilotError modelNotFound, modelInvalid and whatever the device says
   */
  async load(name: string): Promise<void> {
    const { id, aliases, path: file } = await this.#options.models.get(name);
    await this.#load({ id, aliases, path: file });
    for (const known of [name, id, ...aliases]) this.#problems.delete(known);
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
      if (path.isAbsolute(name)) {
        await this.#load({ id: toModelId(path.parse(name).name), aliases: [], path: name });
      } else await this.load(name);
    } catch (error) {
      if (error instanceof PilotError && isNoProblem(error)) return;
      const { message, data } =
        error instanceof PilotError ? error : new PilotError('internalError');
      this.#options.logger.error({ err: error, model: name }, 'model not loaded');
      this.#problems.set(name, `${message} ${data.remedy}`);
    }
  }

  async #load(model: { id: string; aliases: readonly string[]; path: string }): Promise<void> {
    const start = performance.now();
    await this.#options.engine.load(model);
    const ms = performance.now() - start;
    this.#options.onLoaded(model.id, ms);
    this.#options.logger.info({ model: model.id, ms: Math.round(ms) }, 'model loaded');
  }
}
