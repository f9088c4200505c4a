/** While the cursor rests: gathers context, and has the backend compute the prompt ahead. */
import * as vscode from 'vscode';
import type { RelatedText } from '../../backend/protocol/documents.ts';
import type { BackendConnection } from '../backendConnection.ts';
import { systemClock, type Clock, type Timer } from '../clock.ts';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';
import { inlineCompletionSettings } from '../settings.ts';
import type { CompletionContext } from './completionContext.ts';
import type { CompletionRules } from './rules.ts';
import { fillInOrderFor, lspPosition, relatedParams } from './requestParams.ts';
import { afterWarming, coldState, decideWarm, type WarmState } from './warmPolicy.ts';

/** Longer than the gap between two keys of somebody who types. */
const REST_MS = 350;
/** A document that was opened or saved is ready at once. */
const SOON_MS = 50;

export interface RestParts {
  readonly backend: BackendConnection;
  readonly rules: CompletionRules;
  readonly context: CompletionContext;
  readonly log: Pick<vscode.LogOutputChannel, 'error'>;
  readonly clock?: Clock;
}

/** Where a prompt was computed, and what went along. */
interface Place {
  readonly uri: vscode.Uri;
  readonly version: number;
  readonly position: vscode.Position;
  readonly related: readonly RelatedText[];
}

function keyOf({ uri, version, position: { line, character }, related }: Place): string {
  return JSON.stringify([uri.toString(), version, line, character, related]);
}

export class RestWatch implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly clock: Clock;
  private timer: Timer | undefined;
  private state: WarmState = coldState;
  /** The last request since then. Its key is made when it matters, not with every key typed. */
  private lastAsked: Place | undefined;
  private wasReady = false;

  constructor(private readonly parts: RestParts) {
    this.clock = parts.clock ?? systemClock;
    const { context } = parts;
    const { window, workspace } = vscode;
    this.own.add(window.onDidChangeTextEditorSelection(() => this.wait(REST_MS)));
    this.own.add(
      window.onDidChangeActiveTextEditor((editor) => {
        if (editor) context.visit(editor.document);
        this.wait(SOON_MS);
      }),
    );
    this.own.add(
      workspace.onDidSaveTextDocument(() => {
        context.saved();
        this.wait(SOON_MS);
      }),
    );
    this.own.add(workspace.onDidCloseTextDocument((document) => context.forget(document)));
    this.own.add(parts.backend.onDidChange(() => this.onBackendChange()));
    const { activeTextEditor } = window;
    if (activeTextEditor) context.visit(activeTextEditor.document);
  }

  /** A request was made: the device knows this place now. */
  asked(
    { uri, version }: vscode.TextDocument,
    position: vscode.Position,
    related: readonly RelatedText[],
  ): void {
    this.lastAsked = { uri, version, position, related };
  }

  dispose(): void {
    this.timer?.dispose();
    this.own.dispose();
  }

  /** A backend that has just become ready is cold. */
  private onBackendChange(): void {
    const ready = this.parts.backend.status?.state === 'ready';
    if (ready && !this.wasReady) this.wait(SOON_MS);
    this.wasReady = ready;
  }

  private wait(ms: number): void {
    this.timer?.dispose();
    this.timer = this.clock.after(ms, () => guard(this.parts.log, this.rest()));
  }

  private async rest(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor || this.parts.rules.refusal(editor.document) !== undefined) return;
    const { document } = editor;
    const version = document.version;
    const position = editor.selection.active;
    if (inlineCompletionSettings(document).context) {
      await this.parts.context.refresh(document, position.line);
    }
    // Somebody typed meanwhile: the cursor will rest again.
    if (document.isClosed || document.version !== version) return;
    this.warm(document, position);
  }

  private warm(document: vscode.TextDocument, position: vscode.Position): void {
    const settings = inlineCompletionSettings(document);
    const related = settings.context ? this.parts.context.relatedFor(document) : [];
    const { uri, version } = document;
    const key = keyOf({ uri, version, position, related });
    if (this.lastAsked) this.state = afterWarming(this.state, keyOf(this.lastAsked));
    this.lastAsked = undefined;
    const now = this.clock.now();
    const answer = decideWarm(this.state, { key, now, focused: vscode.window.state.focused });
    switch (answer.kind) {
      case 'no':
        return;
      case 'later':
        this.wait(answer.ms);
        return;
      case 'now':
        this.state = afterWarming(this.state, key, now);
        this.parts.backend.session?.notify('completion/warm', {
          textDocument: { uri: uri.toString() },
          position: lspPosition(position),
          ...relatedParams(related),
          ...fillInOrderFor(settings),
        });
        return;
      default:
        answer satisfies never;
    }
  }
}
