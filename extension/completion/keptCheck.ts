/**
 * Looks, some time after a suggestion was accepted, whether it is still there. The text is held in
 * memory until then and goes nowhere; only yes or no is counted.
 */
import * as vscode from 'vscode';
import { systemAfter, type After, type Timer } from '../clock.ts';
import { openDocument } from '../openDocument.ts';
import type { RecordEvent } from './record.ts';

const SOON_MS = 30_000;
const LATE_MS = 120_000;
/** How far, in UTF-16 units, a text may have moved from its place. */
const REACH = 4000;
/** More at a time would be no typing: the oldest are given up. */
const MAX_WAITING = 64;

export interface AcceptedText {
  readonly uri: vscode.Uri;
  readonly languageId: string;
  readonly offset: number;
  readonly text: string;
}

/** White space does not count: formatting what was accepted is keeping it. */
function squeeze(text: string): string {
  return text.replace(/\s+/g, '');
}

/** True when the text stands near its place, in a document that may have been edited and formatted. */
export function isKept(documentText: string, { offset, text }: AcceptedText): boolean {
  const near = documentText.slice(Math.max(0, offset - REACH), offset + text.length + REACH);
  return squeeze(near).includes(squeeze(text));
}

export class KeptCheck implements vscode.Disposable {
  private readonly waiting = new Set<Timer>();

  constructor(
    private readonly add: (languageId: string, event: RecordEvent) => void,
    private readonly after: After = systemAfter,
  ) {}

  watch(accepted: AcceptedText): void {
    if (squeeze(accepted.text) === '') return;
    this.schedule(SOON_MS, accepted, 'soon');
    this.schedule(LATE_MS, accepted, 'late');
  }

  dispose(): void {
    for (const timer of this.waiting) timer.dispose();
    this.waiting.clear();
  }

  private schedule(ms: number, accepted: AcceptedText, when: 'soon' | 'late'): void {
    const timer = this.after(ms, () => {
      this.waiting.delete(timer);
      const document = openDocument(accepted.uri);
      // Of a document that was closed or renamed nothing is known, so nothing is counted.
      if (!document) return;
      const kept = isKept(document.getText(), accepted);
      this.add(accepted.languageId, { kind: 'checked', when, kept });
    });
    this.waiting.add(timer);
    const [oldest] = this.waiting;
    if (this.waiting.size <= MAX_WAITING || !oldest) return;
    oldest.dispose();
    this.waiting.delete(oldest);
  }
}
