/** Puts the status into the status bar, and its actions into a menu for those who use no mouse. */
import * as vscode from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { commands } from './commandIds.ts';
import type { CompletionPause } from './completion/pause.ts';
import { Disposables } from './disposables.ts';
import type { InlineCompletionProvider } from './inlineCompletion.ts';
import type { JobWatch } from './jobs/jobWatch.ts';
import { affectsInlineCompletion, backendSettings, inlineCompletionSettings } from './settings.ts';
import { indicatorOf, type Indicator, type StatusInput } from './statusIndicator.ts';
import { showStatusMenu } from './statusMenu.ts';
import { barText, spokenText } from './statusText.ts';
import { tooltipOf } from './statusTooltip.ts';

function backgroundFor(indicator: Indicator): vscode.ThemeColor | undefined {
  switch (indicator) {
    case 'failed':
    case 'otherVersion':
      return new vscode.ThemeColor('statusBarItem.errorBackground');
    case 'noModel':
    case 'outOfMemory':
    case 'degraded':
      return new vscode.ThemeColor('statusBarItem.warningBackground');
    default:
      return undefined;
  }
}

export class StatusBar implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly item: vscode.StatusBarItem;
  private shown = '';

  constructor(
    private readonly backend: BackendConnection,
    private readonly completion: Pick<
      InlineCompletionProvider,
      'lastCompletionMs' | 'onDidMeasure'
    >,
    private readonly jobs: Pick<JobWatch, 'download' | 'onDidChange'>,
    private readonly pause?: Pick<CompletionPause, 'active' | 'onDidChange'>,
  ) {
    this.item = this.own.add(
      vscode.window.createStatusBarItem('tpuPilot.status', vscode.StatusBarAlignment.Right, 100),
    );
    this.item.name = 'TPU Pilot';
    this.item.command = commands.showMenu;
    const update = (): void => this.update();
    this.own.add(backend.onDidChange(update));
    this.own.add(jobs.onDidChange(update));
    this.own.add(completion.onDidMeasure(update));
    if (pause) this.own.add(pause.onDidChange(update));
    this.own.add(vscode.workspace.onDidGrantWorkspaceTrust(update));
    this.own.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affectsInlineCompletion(event)) update();
      }),
    );
    update();
    this.item.show();
  }

  async showMenu(): Promise<void> {
    await showStatusMenu(this.input());
  }

  dispose(): void {
    this.own.dispose();
  }

  private input(): StatusInput {
    const { url } = backendSettings();
    return {
      supervision: this.backend.supervision,
      status: this.backend.status,
      download: this.jobs.download,
      completionMs: this.completion.lastCompletionMs,
      inlineCompletion: inlineCompletionSettings().enabled,
      paused: this.pause?.active ?? false,
      trusted: vscode.workspace.isTrusted,
      remoteUrl: url === '' ? undefined : url,
    };
  }

  private update(): void {
    const input = this.input();
    const text = barText(input);
    const { markdown, enabledCommands } = tooltipOf(input);
    // Setting what is there already would close a tooltip that somebody reads.
    const next = JSON.stringify([text, markdown]);
    if (next === this.shown) return;
    this.shown = next;
    this.item.text = text;
    this.item.backgroundColor = backgroundFor(indicatorOf(input));
    this.item.accessibilityInformation = { label: spokenText(input), role: 'button' };
    const tooltip = new vscode.MarkdownString(markdown, true);
    // For the line breaks in its table; everything else is escaped.
    tooltip.supportHtml = true;
    tooltip.isTrusted = { enabledCommands };
    this.item.tooltip = tooltip;
  }
}
