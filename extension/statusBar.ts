/** Puts the status text into the status bar. */
import * as vscode from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { commands, titleOf, type CommandId } from './commandIds.ts';
import { Disposables } from './disposables.ts';
import type { InlineCompletionProvider } from './inlineCompletion.ts';
import { affectsInlineCompletion, backendSettings, inlineCompletionSettings } from './settings.ts';
import { barText, indicatorOf, stateName, type Indicator, type StatusInput } from './statusText.ts';
import { tooltipText } from './statusTooltip.ts';

/** What helps in which state, most likely first. */
export function actionsFor(indicator: Indicator): CommandId[] {
  const always = [commands.toggleInlineCompletion, commands.showLog];
  switch (indicator) {
    case 'stopped':
      return [commands.start, ...always];
    case 'failed':
      return [commands.start, commands.setToken, ...always];
    case 'noModel':
      return [commands.getDefaultModel, commands.restart, commands.stop, ...always];
    case 'starting':
    case 'reconnecting':
    case 'stopping':
    case 'degraded':
    case 'busy':
    case 'ready':
      return [commands.restart, commands.stop, ...always];
    default:
      return indicator satisfies never;
  }
}

export class StatusBar implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly item: vscode.StatusBarItem;

  constructor(
    private readonly backend: BackendConnection,
    private readonly completion: InlineCompletionProvider,
  ) {
    this.item = this.own.add(
      vscode.window.createStatusBarItem('tpuPilot.status', vscode.StatusBarAlignment.Right, 100),
    );
    this.item.name = 'TPU Pilot';
    this.item.command = commands.showMenu;
    this.own.add(backend.onDidChange(() => this.update()));
    this.own.add(completion.onDidMeasure(() => this.update()));
    this.own.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (affectsInlineCompletion(event)) this.update();
      }),
    );
    this.update();
    this.item.show();
  }

  get indicator(): Indicator {
    return indicatorOf(this.input());
  }

  dispose(): void {
    this.own.dispose();
  }

  private input(): StatusInput {
    const { url } = backendSettings();
    return {
      supervision: this.backend.supervision,
      status: this.backend.status,
      completionMs: this.completion.lastCompletionMs,
      inlineCompletion: inlineCompletionSettings().enabled,
      remoteUrl: url === '' ? undefined : url,
    };
  }

  private update(): void {
    const input = this.input();
    const indicator = indicatorOf(input);
    const actions = actionsFor(indicator);
    this.item.text = barText(input);
    this.item.backgroundColor =
      indicator === 'failed'
        ? new vscode.ThemeColor('statusBarItem.errorBackground')
        : indicator === 'noModel' || indicator === 'degraded'
          ? new vscode.ThemeColor('statusBarItem.warningBackground')
          : undefined;
    this.item.accessibilityInformation = { label: `TPU Pilot: ${stateName(indicator)}` };
    const links = actions.map((command) => `[${titleOf(command)}](command:${command})`);
    const tooltip = new vscode.MarkdownString(
      `${tooltipText(input)}\n\n---\n\n${links.join(' · ')}`,
      true,
    );
    tooltip.isTrusted = { enabledCommands: actions };
    this.item.tooltip = tooltip;
  }
}
