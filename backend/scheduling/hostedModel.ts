/** One model on one device: what of it is in use, and by whom. */
import { reservedTokens, roomFor, sequenceLimit, type Room } from '../host/admission.ts';
import type { RequestEnd, Submission } from '../host/messages.ts';
import type { LoadedFacts } from './deviceHost.ts';
import type { Generation } from './generation.ts';
import type { HostSupervisor } from './hostSupervisor.ts';

interface Running {
  readonly generation: Generation;
  readonly class: Submission['class'];
  readonly tokens: number;
}

export class HostedModel {
  /** Undefined while the host is down. */
  facts: LoadedFacts | undefined;
  readonly #running = new Map<string, Running>();

  constructor(
    readonly supervisor: HostSupervisor,
    readonly model: string,
  ) {}

  get active(): number {
    return this.#running.size;
  }

  /** For one more request; none while the host is down. */
  get room(): Room {
    return this.facts === undefined ? {} : roomFor(this.facts, [...this.#running.values()]);
  }

  get(id: string): Generation | undefined {
    return this.#running.get(id)?.generation;
  }

  /**
   * Send a request to the host.
   * @returns false when it cannot be: the host went down, or came back with too little room for it
   */
  run(generation: Generation, submission: Submission): boolean {
    const { facts } = this;
    if (facts === undefined || !generation.fits(sequenceLimit(facts))) return false;
    this.#running.set(generation.id, {
      generation,
      class: submission.class,
      tokens: reservedTokens(facts, generation.length, generation.remainingTokens),
    });
    generation.onDispatched(() => {
      this.supervisor.cancel(this.model, generation.id);
    });
    this.supervisor.submit(this.model, submission);
    return true;
  }

  /** The host is done with it. */
  remove(id: RequestEnd['id']): Generation | undefined {
    const generation = this.get(id);
    this.#running.delete(id);
    generation?.onReturned();
    return generation;
  }

  /** The host is down: all that it was running. */
  removeAll(): Generation[] {
    this.facts = undefined;
    return [...this.#running.keys()].flatMap((id) => this.remove(id) ?? []);
  }

  /** The warm-up that came last, to give way to a request that somebody waits for. */
  latestWarmup(): Generation | undefined {
    return [...this.#running.values()].findLast(
      ({ class: name, generation }) => name === 'warmup' && !generation.isSettled,
    )?.generation;
  }
}
