/** Answers of tools that are longer than a model can read. */
import type { ChatMessage } from '../protocol/chat.ts';

/** The beginning says more than the end: it has the names, the end the last error. */
const HEAD_SHARE = 2 / 3;

export interface ShortenedMessages {
  readonly messages: readonly ChatMessage[];
  readonly shortened: number;
}

/** Cuts the middle out of every tool's answer above `limit` characters, and says so in its place. */
export function shortenToolResults(
  messages: readonly ChatMessage[],
  limit: number,
): ShortenedMessages {
  let shortened = 0;
  const shorter = messages.map((message) => {
    const { role, content } = message;
    if (role !== 'tool' || content.length <= limit) return message;
    shortened++;
    const head = Math.floor(limit * HEAD_SHARE);
    const tail = limit - head;
    const left = content.length - limit;
    return {
      ...message,
      content: `${content.slice(0, head)}\n[… ${left} characters left out …]\n${content.slice(-tail)}`,
    };
  });
  return { messages: shorter, shortened };
}
