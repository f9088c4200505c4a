import { noticeTable } from '../backend/protocol/notices.ts';
import { translated } from './translated.ts';

/** A notice of the backend in the language of the editor; one of a newer backend as it came. */
export function noticeText(notice: string): string {
  for (const template of Object.values(noticeTable)) {
    const text = translated(template, notice);
    if (text !== undefined) return text;
  }
  return notice;
}
