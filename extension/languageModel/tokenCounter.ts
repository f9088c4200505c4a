/** How many tokens a text takes: asked of the backend, remembered, or estimated. */
import { createHash } from 'node:crypto';
import type { BackendSession } from '../backendSession.ts';
import type { PilotModel } from './models.ts';

/** Rough, and on the safe side for code. */
const CHARACTERS_PER_TOKEN = 3;
/** A text of more characters for each token of the context is far too long, however long it is. */
const MAX_CHARACTERS_PER_TOKEN = 16;
const REMEMBERED = 512;
/** A prompt of VS Code is counted in hundreds of pieces, all at once: other requests go on. */
const AT_ONCE = 8;

function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

export class TokenCounter {
  /** By model and text, the latest last. */
  private readonly counts = new Map<string, Promise<number>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;

  /** Never rejects: without a backend, and for a text of any size, there is an estimate. */
  async count(
    session: BackendSession | undefined,
    { backendId, contextLength }: Pick<PilotModel, 'backendId' | 'contextLength'>,
    text: string,
  ): Promise<number> {
    if (text === '') return 0;
    const isHuge = text.length > contextLength * MAX_CHARACTERS_PER_TOKEN;
    if (!session || isHuge) return estimateTokens(text);
    const key = createHash('sha256')
      .update(`${backendId ?? ''}\n${text}`)
      .digest('base64');
    const known = this.counts.get(key);
    const count = known ?? this.ask(session, backendId, text);
    this.counts.delete(key);
    this.counts.set(key, count);
    const [oldest] = this.counts.keys();
    if (this.counts.size > REMEMBERED && oldest !== undefined) this.counts.delete(oldest);
    try {
      return await count;
    } catch {
      if (this.counts.get(key) === count) this.counts.delete(key);
      return estimateTokens(text);
    }
  }

  private async ask(
    session: BackendSession,
    model: string | undefined,
    text: string,
  ): Promise<number> {
    if (this.running >= AT_ONCE) await new Promise<void>((next) => this.waiting.push(next));
    this.running++;
    try {
      const params = { text, ...(model !== undefined && { model }) };
      return (await session.request('chat/countTokens', params)).tokens;
    } finally {
      this.running--;
      this.waiting.shift()?.();
    }
  }
}
