/** Between the queue and the device hosts: who runs where, what comes back, who goes on elsewhere. */
import { reservedTokens } from '../host/admission.ts';
import { errorOf } from '../devices/fault.ts';
import type { Progress, Submission } from '../host/messages.ts';
import { PilotError } from '../protocol/errors.ts';
import { pilotErrorOf } from './deviceErrors.ts';
import type { Log } from './deviceHost.ts';
import type { EngineModel } from './engineModel.ts';
import type { Generation } from './generation.ts';
import type { HostedModel } from './hostedModel.ts';
import type { HostSupervisor } from './hostSupervisor.ts';
import type { EngineObserver } from './observer.ts';
import type { QueueItem, RequestQueue } from './requestQueue.ts';

export class Dispatcher {
  readonly #queue: RequestQueue<Submission>;
  readonly #observer: EngineObserver;
  readonly #log: Log;
  /** Not settled, by id. */
  readonly #generations = new Map<string, Generation>();
  #pulls = Promise.resolve();

  constructor(queue: RequestQueue<Submission>, observer: EngineObserver, log: Log) {
    this.#queue = queue;
    this.#observer = observer;
    this.#log = log;
  }

  get generations(): readonly Generation[] {
    return [...this.#generations.values()];
  }

  /** Queue a request of a model; its outcome settles when it has run. */
  start(generation: Generation, model: EngineModel): void {
    // Cancelled before it came: `settled` has been, and would never take it out of here again.
    if (generation.isSettled) {
      this.#observer.onRequestDone?.(generation.record());
      return;
    }
    this.#generations.set(generation.id, generation);
    generation.settled.addEventListener(
      'abort',
      () => {
        this.#generations.delete(generation.id);
      },
      { once: true },
    );
    this.#wait(generation, model, (queue, item) => queue.enqueue(item, generation.settled));
  }

  /** Gives every host of a model the requests that it has room for. */
  pull(model: EngineModel): void {
    const pullAll = async (): Promise<void> => {
      let taken = true;
      while (taken) {
        taken = false;
        for (const hosted of model.hosted) taken = (await this.#pullOne(hosted, model)) || taken;
      }
    };
    // One after the other: two pulls at once would offer the same room twice.
    this.#pulls = this.#pulls.then(pullAll).catch((error: unknown) => {
      this.#log.error({ err: error }, 'the queue failed');
    });
  }

  onProgress(hosted: HostedModel, model: EngineModel, progress: Progress): void {
    const device = hosted.supervisor.id;
    const { step, placed, answers, slid, ended, failed } = progress;
    for (const one of placed) hosted.get(one.id)?.onPlaced(one.cachedTokens);
    for (const id of slid) hosted.get(id)?.onSlid();
    for (const one of answers) hosted.get(one.id)?.onAnswer(one.tokens, one.text);
    for (const end of ended) {
      const generation = hosted.remove(end.id);
      if (generation === undefined) continue;
      generation.finish(end.reason);
      this.#observer.onRequestDone?.(generation.record(end));
    }
    for (const { id, fault } of failed) {
      const generation = hosted.remove(id);
      if (generation === undefined) continue;
      generation.fail(pilotErrorOf(errorOf(fault), { device, path: model.path }));
      this.#observer.onRequestDone?.(generation.record());
    }
    if (step !== undefined) this.#observer.onStep?.({ device, model: model.id, ...step });
    if (ended.length + failed.length > 0) this.pull(model);
  }

  /** Its host died: what it ran goes back to its place in the queue, with the tokens it has. */
  onDown(supervisor: HostSupervisor, models: readonly EngineModel[]): void {
    for (const model of models) {
      for (const generation of model.on(supervisor)?.removeAll() ?? []) {
        if (!generation.isSettled && !generation.onHostDeath()) {
          const reason = 'it stopped each time that this request ran';
          generation.fail(new PilotError('deviceLost', { device: supervisor.id, reason }));
        }
        if (generation.isSettled) this.#observer.onRequestDone?.(generation.record());
        else this.#giveBack(generation, model);
      }
      // Another device may have room for them.
      this.pull(model);
    }
  }

  /** Nothing will run a model any more. */
  onModelLost(model: EngineModel, error: PilotError): void {
    for (const generation of this.generations) {
      if (generation.request.model.id === model.id) generation.fail(error);
    }
  }

  /** To its old place in the queue, with the tokens it has. */
  #giveBack(generation: Generation, model: EngineModel): void {
    this.#wait(generation, model, (queue, item) => queue.giveBack(item, generation.settled));
  }

  #wait(
    generation: Generation,
    model: EngineModel,
    enter: (queue: RequestQueue<Submission>, item: QueueItem<Submission>) => Promise<void>,
  ): void {
    const { class: requestClass, deadlineMs } = generation.request;
    const item: QueueItem<Submission> = {
      id: generation.id,
      class: requestClass,
      model: model.id,
      tokens: reservedTokens(model.shape, generation.length, generation.remainingTokens),
      arrivedAt: generation.arrivedAt,
      ...(deadlineMs !== undefined && { deadlineMs }),
      payload: generation.submission(),
    };
    enter(this.#queue, item).catch((error: unknown) => {
      const late = error instanceof PilotError && error.errorName === 'deadlineExceeded';
      if (generation.hasRun && late) generation.finish('deadline');
      else generation.fail(error);
      this.#observer.onRequestDone?.(generation.record());
    });
  }

  async #pullOne(hosted: HostedModel, model: EngineModel): Promise<boolean> {
    const { room } = hosted;
    if (Object.keys(room).length === 0) return false;
    const item = await this.#queue.take({ model: model.id, room });
    if (item === undefined) return false;
    const generation = this.#generations.get(item.id);
    if (generation === undefined || hosted.run(generation, item.payload)) return true;
    if (hosted.facts === undefined) {
      this.#giveBack(generation, model);
      return true;
    }
    if (generation.hasRun) generation.finish('length');
    else {
      const details = { tokens: generation.length, limit: model.contextLength };
      generation.fail(new PilotError('promptTooLong', details));
    }
    this.#observer.onRequestDone?.(generation.record());
    return true;
  }
}
