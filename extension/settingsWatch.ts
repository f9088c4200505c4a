/** Applies changed settings: at once where that is possible, else after asking. */
import * as vscode from 'vscode';
import type { BackendConnection } from './backendConnection.ts';
import { commands } from './commandIds.ts';
import type { DocumentGate } from './documentGate.ts';
import { guard } from './guard.ts';
import { inform } from './notices.ts';
import { affectsExclude, excludePatterns, needsRestart } from './settings.ts';

export class SettingsWatch implements vscode.Disposable {
  private readonly listener: vscode.Disposable;

  constructor(
    private readonly backend: BackendConnection,
    private readonly gate: DocumentGate,
    log: Pick<vscode.LogOutputChannel, 'error'>,
  ) {
    this.listener = vscode.workspace.onDidChangeConfiguration((event) => {
      if (affectsExclude(event)) guard(log, this.applyExclude());
      if (needsRestart(event, this.loaded)) guard(log, this.offerRestart());
    });
  }

  dispose(): void {
    this.listener.dispose();
  }

  private get loaded(): string[] {
    const devices = this.backend.status?.devices ?? [];
    return devices.flatMap(({ models }) => models.map(({ id }) => id));
  }

  private async applyExclude(): Promise<void> {
    const documents = vscode.workspace.textDocuments;
    const { revoked, granted } = this.gate.setPatterns(excludePatterns(), documents);
    await this.backend.session?.resend(revoked, granted);
  }

  private async offerRestart(): Promise<void> {
    // What never ran has nothing to lose by starting anew.
    if (!this.backend.session) {
      if (this.backend.supervision.phase !== 'stopped') await this.backend.restart();
      return;
    }
    await inform(
      vscode.l10n.t('The changed setting takes effect when the backend restarts.'),
      commands.restart,
    );
  }
}
