/**
 * The walkthrough's commands, and the context keys that check its steps off. It never opens by
 * itself: VS Code shows it once after an installation by hand, and where there is no model yet, the
 * one message about that has a button for it.
 */
import * as vscode from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { Disposables } from './disposables.ts';
import { guard } from './guard.ts';
import type { InlineCompletionProvider } from './inlineCompletion.ts';

/** `publisher.name#id`, as package.json has them. */
export const WALKTHROUGH = 'tpu-pilot.tpu-pilot#start';

/** Context keys that complete a step. */
const keys = {
  connected: 'tpuPilot.connected',
  hasModel: 'tpuPilot.hasModel',
  hasSuggested: 'tpuPilot.hasSuggested',
  hasAnswered: 'tpuPilot.hasAnswered',
} as const;
type Key = (typeof keys)[keyof typeof keys];

/** A test compares them with package.json. */
export const walkthroughKeys: readonly string[] = Object.values(keys);

/** What is completed in the step about completions: the name says what is wanted. */
const SAMPLE = `def add(a, b):
    """The sum of two numbers."""
    return `;

export async function openWalkthrough(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', WALKTHROUGH, false);
}

/** A new document with the cursor where something is suggested. */
export async function tryCompletion(): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: SAMPLE });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(SAMPLE.length);
  editor.selection = new vscode.Selection(end, end);
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
}

/** Sets each key once it is true; VS Code remembers the steps it has checked off. */
export class WalkthroughProgress implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly done = new Set<Key>();

  constructor(
    private readonly backend: Pick<BackendConnection, 'session' | 'status' | 'onDidChange'>,
    completion: Pick<InlineCompletionProvider, 'onDidMeasure'>,
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
  ) {
    this.own.add(backend.onDidChange(() => this.check()));
    this.own.add(completion.onDidMeasure(() => this.reach(keys.hasSuggested)));
  }

  dispose(): void {
    this.own.dispose();
  }

  private check(): void {
    const { session, status } = this.backend;
    if (!session || !status) return;
    this.reach(keys.connected);
    if (status.devices.some(({ models }) => models.length > 0)) this.reach(keys.hasModel);
    if (status.latency.chat.count > 0) this.reach(keys.hasAnswered);
  }

  private reach(key: Key): void {
    if (this.done.has(key)) return;
    this.done.add(key);
    guard(this.log, vscode.commands.executeCommand('setContext', key, true));
  }
}
