/** Ghost text: asks the backend for what comes next at the cursor. */
import * as vscode from 'vscode';
import type { InlineCompletionResult } from '../backend/protocol/documents.ts';
import { abortOnCancel } from './abortOnCancel.ts';
import type { BackendConnection } from './backendConnection.ts';
import type { DocumentGate } from './documentGate.ts';
import { problemOf } from './problems.ts';
import { inlineCompletionSettings } from './settings.ts';

/** VS Code itself gives up after ten seconds; the device needn't work on for nobody. */
const DEADLINE_MS = 10_000;

function asRange({ start, end }: InlineCompletionResult['items'][number]['range']): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}

export class InlineCompletionProvider implements vscode.InlineCompletionItemProvider {
  private lastMs: number | undefined;
  private readonly measured = new vscode.EventEmitter<void>();
  readonly onDidMeasure = this.measured.event;

  constructor(
    private readonly backend: BackendConnection,
    private readonly gate: DocumentGate,
    private readonly log: Pick<vscode.LogOutputChannel, 'debug'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** From the editor's request to the last suggestion, in ms; undefined before the first. */
  get lastCompletionMs(): number | undefined {
    return this.lastMs;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const settings = inlineCompletionSettings(document);
    const session = this.backend.session;
    if (!settings.enabled || !session || !this.gate.isSent(document.uri)) return undefined;
    const started = this.now();
    try {
      const result = await abortOnCancel(token, (signal) =>
        session.request(
          'textDocument/inlineCompletion',
          {
            textDocument: { uri: document.uri.toString() },
            position: { line: position.line, character: position.character },
            context: {
              // LSP counts from 1 where VS Code counts from 0.
              triggerKind:
                context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke ? 1 : 2,
            },
            maxTokens: settings.maxTokens,
            deadlineMs: DEADLINE_MS,
          },
          signal,
        ),
      );
      if (token.isCancellationRequested || result.items.length === 0) return undefined;
      this.lastMs = this.now() - started;
      this.measured.fire();
      return result.items.map(
        ({ insertText, range }) => new vscode.InlineCompletionItem(insertText, asRange(range)),
      );
    } catch (error) {
      // A missing suggestion is no reason to interrupt somebody who types; the log has it.
      const problem = problemOf(error);
      if (problem.name !== 'cancelled') this.log.debug(`No suggestion: ${problem.message}`);
      return undefined;
    }
  }

  dispose(): void {
    this.measured.dispose();
  }
}
