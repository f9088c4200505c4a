/**
 * Ghost text: asks the backend for what comes next at the cursor. The backend answers from its cache
 * or a flight that is on its way where it can, so every key is asked for at once.
 */
import * as vscode from 'vscode';
import type { InlineCompletionResult, RelatedText } from '../backend/protocol/documents.ts';
import type { ParamsOf } from '../backend/protocol/methods.ts';
import { abortOnCancel } from './abortOnCancel.ts';
import type { BackendConnection } from './backendConnection.ts';
import { completionParts, type CompletionParts } from './completion/completionParts.ts';
import type { Fate } from './completion/fate.ts';
import { fileName } from './completion/fileName.ts';
import type { HistoryEntry } from './completion/history.ts';
import {
  fillInOrderFor,
  linesFor,
  lspPosition,
  relatedParams,
} from './completion/requestParams.ts';
import type { DocumentGate } from './documentGate.ts';
import { problemOf, sentenceOf } from './problems.ts';
import { inlineCompletionSettings, type InlineCompletionSettings } from './settings.ts';

/** VS Code itself gives up after ten seconds; the device needn't work on for nobody. */
const DEADLINE_MS = 10_000;
/** How many suggestions Alt+] goes through. */
const ALTERNATIVES = 3;

/** Not contributed: run by the editor when a suggestion was accepted, with the answer's number. */
export const ACCEPTED_COMMAND = 'tpuPilot.internal.completionAccepted';

function asRange({ start, end }: InlineCompletionResult['items'][number]['range']): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

export interface AskedFor {
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
  /** What went along from elsewhere. */
  readonly related: readonly RelatedText[];
}

export class InlineCompletionProvider implements vscode.InlineCompletionItemProvider {
  private lastMs: number | undefined;
  private answers = 0;
  private readonly measured = new vscode.EventEmitter<void>();
  private readonly asked = new vscode.EventEmitter<AskedFor>();
  /** A suggestion was shown. */
  readonly onDidMeasure = this.measured.event;
  readonly onDidAsk = this.asked.event;

  constructor(
    private readonly backend: BackendConnection,
    gate: DocumentGate,
    private readonly log: Pick<vscode.LogOutputChannel, 'debug'>,
    private readonly parts: CompletionParts = completionParts(backend, gate),
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** From the editor's request to the suggestion that was shown last, in ms. */
  get lastCompletionMs(): number | undefined {
    return this.lastMs;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const { session } = this.backend;
    const settings = inlineCompletionSettings(document);
    const refusal = this.parts.rules.refusal(document, settings);
    if (refusal !== undefined || !session) {
      this.note(document, refusal ?? 'noBackend');
      return undefined;
    }
    const started = this.now();
    try {
      const related = settings.context ? this.parts.context.relatedFor(document) : [];
      const params = this.paramsFor(document, position, context, settings, related);
      this.asked.fire({ document, position, related });
      const result = await abortOnCancel(token, (signal) =>
        session.request('textDocument/inlineCompletion', params, signal),
      );
      const totalMs = this.now() - started;
      const { cached } = result;
      this.parts.sinks.add(document.languageId, { kind: 'answered', cached });
      // The editor drops what comes too late, or for a text that has changed since.
      const late = token.isCancellationRequested || document.isClosed;
      const fate = late && result.fate === 'suggested' ? 'cancelled' : result.fate;
      const entry = this.note(document, fate, { result, totalMs });
      return late || result.items.length === 0
        ? undefined
        : this.show(document, position, result, totalMs, entry);
    } catch (error) {
      this.fail(document, error, token.isCancellationRequested, this.now() - started);
      return undefined;
    }
  }

  dispose(): void {
    this.parts.tracker.settle();
    this.parts.pause.dispose();
    this.measured.dispose();
    this.asked.dispose();
  }

  private paramsFor(
    document: vscode.TextDocument,
    position: vscode.Position,
    { triggerKind, selectedCompletionInfo }: vscode.InlineCompletionContext,
    settings: InlineCompletionSettings,
    related: readonly RelatedText[],
  ): ParamsOf<'textDocument/inlineCompletion'> {
    const invoked = triggerKind === vscode.InlineCompletionTriggerKind.Invoke;
    return {
      textDocument: { uri: document.uri.toString() },
      position: lspPosition(position),
      context: {
        // LSP counts from 1 where VS Code counts from 0.
        triggerKind: invoked ? 1 : 2,
        ...(selectedCompletionInfo && {
          selectedCompletionInfo: {
            range: {
              start: lspPosition(selectedCompletionInfo.range.start),
              end: lspPosition(selectedCompletionInfo.range.end),
            },
            text: selectedCompletionInfo.text,
          },
        }),
      },
      maxTokens: settings.maxTokens,
      deadlineMs: DEADLINE_MS,
      ...(invoked && { alternatives: ALTERNATIVES }),
      ...linesFor(settings),
      ...relatedParams(related),
      ...fillInOrderFor(settings),
    };
  }

  private show(
    document: vscode.TextDocument,
    position: vscode.Position,
    { items }: InlineCompletionResult,
    totalMs: number,
    entry: HistoryEntry,
  ): vscode.InlineCompletionItem[] {
    const id = ++this.answers;
    const [first] = items;
    if (first) {
      const anchor = document.offsetAt(asRange(first.range).start);
      const texts = items.map(({ insertText }) => insertText);
      if (this.parts.tracker.show(id, document, anchor, texts, totalMs, entry)) {
        this.backend.session?.notify('completion/shown', {
          textDocument: { uri: document.uri.toString() },
          position: lspPosition(position),
          insertText: first.insertText,
        });
      }
    }
    this.lastMs = totalMs;
    this.measured.fire();
    return items.map(({ insertText, range }) => {
      const item = new vscode.InlineCompletionItem(insertText, asRange(range));
      item.command = { command: ACCEPTED_COMMAND, title: '', arguments: [id] };
      return item;
    });
  }

  private fail(
    document: vscode.TextDocument,
    error: unknown,
    cancelled: boolean,
    totalMs: number,
  ): void {
    // A missing suggestion is no reason to interrupt somebody who types; log and report have it.
    const problem = problemOf(error);
    if (cancelled || document.isClosed || problem.name === 'cancelled') {
      this.note(document, 'cancelled', { totalMs });
    } else if (problem.name === 'deadlineExceeded') {
      this.note(document, 'deadline', { totalMs });
    } else {
      this.log.debug(`No suggestion: ${problem.message}`);
      this.note(document, 'failed', { totalMs, detail: sentenceOf(problem) });
    }
  }

  private note(
    document: vscode.TextDocument,
    fate: Fate,
    more: Pick<HistoryEntry, 'result' | 'totalMs' | 'detail'> = {},
  ): HistoryEntry {
    const file = fileName(document.uri);
    return this.parts.history.add({ at: new Date(), file, fate, ...more });
  }
}
