/** What the reader of an answer should know of how its prompt came about. */
import { notice } from '../protocol/notices.ts';
import type { FittedPrompt } from './fitConversation.ts';

/** @param offered number of tools that the client has */
export function promptNotices(prompt: FittedPrompt, offered: number): string[] {
  const { droppedMessages: count, shortenedResults, tools } = prompt;
  const kept = tools.length;
  const notices = prompt.notice === undefined ? [] : [prompt.notice];
  if (kept < offered) {
    notices.push(kept === 0 ? notice('noTools') : notice('fewerTools', { kept, offered }));
  }
  if (count === 1) notices.push(notice('oldestMessage'));
  if (count > 1) notices.push(notice('oldestMessages', { count }));
  if (shortenedResults > 0) notices.push(notice('longResult'));
  return notices;
}
