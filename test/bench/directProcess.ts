/** The baseline's process, from outside. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { DirectReply, DirectRequest } from './direct.ts';

export class DirectProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(load: Omit<Extract<DirectRequest, { kind: 'load' }>, 'kind'>) {
    const child = fork(new URL('direct.ts', import.meta.url), {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
    });
    const direct = new DirectProcess(child);
    await direct.#ask({ kind: 'load', ...load });
    return direct;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async generate(prompts: readonly string[], maxTokens: number): Promise<DirectReply> {
    return this.#ask({ kind: 'generate', prompts: [...prompts], maxTokens });
  }

  async complete(prompt: string, maxTokens: number): Promise<DirectReply> {
    return this.#ask({ kind: 'complete', prompt, maxTokens });
  }

  async clear(): Promise<void> {
    await this.#ask({ kind: 'clear' });
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.send({ kind: 'exit' });
    await gone;
  }

  async #ask(request: DirectRequest): Promise<DirectReply> {
    const asked = new AbortController();
    const { signal } = asked;
    try {
      const answered = once(this.#child, 'message', { signal });
      const died = once(this.#child, 'exit', { signal }).then(([code]) => {
        throw new Error(`The baseline ended with ${String(code)}.`);
      });
      died.catch(() => undefined);
      this.#child.send(request);
      const [reply] = (await Promise.race([answered, died])) as [DirectReply];
      return reply;
    } finally {
      asked.abort();
    }
  }
}
