/** The commands that make VS Code's own chat work with our model, and take that back. */
import * as vscode from 'vscode';
import type { CommandHandlers } from '../backendCommands.ts';
import { commands } from '../commandIds.ts';
import { VENDOR } from '../languageModel/vendor.ts';
import { inform, warn } from '../notices.ts';
import { problemOf } from '../problems.ts';
import { AGENT_NAME } from './agent.ts';
import { editorChat, type EditorChat } from './internals.ts';
import { SetUpRecord } from './setUpRecord.ts';
import { setUpSteps, type SetUpStep, type TakenBack } from './setUpSteps.ts';

type Log = Pick<vscode.LogOutputChannel, 'info' | 'warn'>;

export class NativeChat {
  /** To be registered with the others. */
  readonly handlers: CommandHandlers = {
    [commands.setUpNativeChat]: () => this.setUp(),
    [commands.undoNativeChat]: () => this.undo(),
    [commands.openAgent]: () => this.openAgent(),
  };
  private readonly record: SetUpRecord;

  constructor(
    memory: vscode.Memento,
    private readonly log: Log,
    private readonly editor: EditorChat = editorChat,
    private readonly steps: readonly SetUpStep[] = setUpSteps,
  ) {
    this.record = new SetUpRecord(memory);
  }

  /** Asks, then changes what is not yet so. Safe to run again. */
  async setUp(): Promise<void> {
    if (!(await this.isPossible()) || !(await this.consents())) return;
    const problems: string[] = [];
    await withProgress(vscode.l10n.t('TPU Pilot: setting up native chat'), async () => {
      for (const step of this.steps) {
        if (await this.make(step)) continue;
        problems.push(step.makeByHand());
        // What comes after builds on it.
        break;
      }
    });
    if (problems.length > 0) {
      await warn(problems.join(' '), commands.showLog);
      return;
    }
    await inform(
      vscode.l10n.t(
        'Ask, Agent and inline chat now answer from your own model. For a model with a small context there is an agent of its own.',
      ),
      commands.openAgent,
    );
  }

  /** Takes back what the record says that we have changed, newest first. */
  async undo(): Promise<void> {
    const made = this.record.changes;
    if (made.length === 0) {
      await inform(
        vscode.l10n.t('TPU Pilot has changed nothing in native chat.'),
        commands.setUpNativeChat,
      );
      return;
    }
    const left: string[] = [];
    await withProgress(vscode.l10n.t('TPU Pilot: undoing the set-up of native chat'), async () => {
      for (const step of this.steps.toReversed()) {
        if (!made.includes(step.change) || (await this.takeBack(step)) === 'done') continue;
        left.push(step.takeBackByHand());
      }
    });
    // What failed is still in the record.
    if (this.record.changes.length > 0) {
      await warn(left.join(' '), commands.showLog);
      return;
    }
    // The button has VS Code show all of the text.
    const text = [vscode.l10n.t('The set-up of native chat was undone.'), ...left].join(' ');
    await inform(text, commands.setUpNativeChat);
  }

  /** Opens the chat view with our agent and our model. */
  async openAgent(): Promise<void> {
    if (!(await this.isPossible())) return;
    if (await this.editor.isBuiltInOn()) await this.editor.openChat(AGENT_NAME, VENDOR);
    else {
      await inform(
        vscode.l10n.t('The agent works in native chat, which is not set up yet.'),
        commands.setUpNativeChat,
      );
    }
  }

  private async isPossible(): Promise<boolean> {
    const missing = await this.editor.missing();
    if (missing.length === 0) return true;
    this.log.warn(`Native chat: this editor lacks ${missing.join(', ')}.`);
    await warn(
      vscode.l10n.t(
        '{0} {1} has no chat that can be set up from here. Inline completion, the status bar and the commands work without it; chat needs VS Code.',
        vscode.env.appName,
        vscode.version,
      ),
      commands.showLog,
    );
    return false;
  }

  private async consents(): Promise<boolean> {
    const go = vscode.l10n.t('Set Up');
    const lines = [
      vscode.l10n.t('This will:'),
      ...this.steps.map((step) => `• ${step.describe()}`),
      vscode.l10n.t(
        'No account is needed. "TPU Pilot: Undo Native Chat Set-Up" takes the rest back.',
      ),
    ];
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t("Use TPU Pilot in VS Code's own chat?"),
      { modal: true, detail: lines.join('\n\n') },
      go,
    );
    return chosen === go;
  }

  private async make(step: SetUpStep): Promise<boolean> {
    try {
      const outcome = await step.make(this.editor);
      this.log.info(`Native chat: ${step.change} ${outcome}.`);
      // At once: a set-up that stops half-way can be undone, too.
      if (outcome === 'made') await this.record.add(step.change);
      return outcome !== 'failed';
    } catch (error) {
      this.log.warn(`Native chat: ${step.change} failed: ${problemOf(error).message}`);
      return false;
    }
  }

  private async takeBack(step: SetUpStep): Promise<TakenBack> {
    try {
      const outcome = await step.takeBack(this.editor);
      this.log.info(`Native chat: undoing ${step.change} ${outcome}.`);
      // What failed stays in the record, for another try.
      if (outcome !== 'failed') await this.record.remove(step.change);
      return outcome;
    } catch (error) {
      this.log.warn(`Native chat: undoing ${step.change} failed: ${problemOf(error).message}`);
      return 'failed';
    }
  }
}

async function withProgress(title: string, work: () => Promise<void>): Promise<void> {
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title }, work);
}
