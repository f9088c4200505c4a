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

/** What is needed of `vscode.window.tabGroups`. */
interface Tabs {
  readonly all: readonly { readonly activeTab: { readonly input: unknown } | undefined }[];
  readonly onDidChangeTabs: vscode.Event<unknown>;
}

/**
 * Tells VS Code what has been reached, which checks steps off and remembers it.
 *
 * VS Code 1.139 looks at a key when it changes, and a key that is true already when the walkthrough
 * is first opened never counts. So a key is true for a moment only, again and again: when it is
 * reached, and whenever a page is looked at that may be the walkthrough.
 */
export class WalkthroughProgress implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly reached = new Set<Key>();
  private pulses: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly backend: Pick<BackendConnection, 'session' | 'status' | 'onDidChange'>,
    completion: Pick<InlineCompletionProvider, 'onDidMeasure'>,
    private readonly log: Pick<vscode.LogOutputChannel, 'error'>,
    private readonly tabs: Tabs = vscode.window.tabGroups,
  ) {
    this.own.add(backend.onDidChange(() => this.check()));
    this.own.add(completion.onDidMeasure(() => this.reach(keys.hasSuggested)));
    this.own.add(tabs.onDidChangeTabs(() => this.remind()));
  }

  dispose(): void {
    this.own.dispose();
  }

  private check(): void {
    const { session, status } = this.backend;
    if (!session || !status) return;
    this.remind();
    this.reach(keys.connected);
    if (status.devices.some(({ models }) => models.length > 0)) this.reach(keys.hasModel);
    if (status.latency.chat.count > 0) this.reach(keys.hasAnswered);
  }

  private reach(key: Key): void {
    if (this.reached.has(key)) return;
    this.reached.add(key);
    this.pulse(key);
  }

  /** Extensions aren't told what a page of VS Code's own shows: its input is undefined. */
  private remind(): void {
    const isLookedAt = this.tabs.all.some(({ activeTab }) => activeTab && !activeTab.input);
    if (isLookedAt) this.reached.forEach((key) => this.pulse(key));
  }

  private pulse(key: Key): void {
    const set = (value: boolean): Thenable<unknown> =>
      vscode.commands.executeCommand('setContext', key, value);
    this.pulses = this.pulses.then(() => set(true)).then(() => set(false));
    guard(this.log, this.pulses);
  }
}
