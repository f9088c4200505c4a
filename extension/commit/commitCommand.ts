/** The button in the source control view: from the changes to a message in the repository's box. */
import * as vscode from 'vscode';
import { abortOnCancel } from '../abortOnCancel.ts';
import { noticeText } from '../noticeText.ts';
import { chooseRepository } from './chooseRepository.ts';
import type { CommitDraft, CommitWriter } from './commitWriter.ts';
import type { GitRepository } from './git.ts';

/** Why a draft has no message; undefined when it has one. */
export function reasonOf(draft: CommitDraft): string | undefined {
  switch (draft.kind) {
    case 'message':
      return undefined;
    case 'noChanges':
      return vscode.l10n.t('There are no changes to describe.');
    case 'allExcluded':
      return vscode.l10n.t(
        'Everything that changed is on the exclude list: {0}.',
        draft.excluded.join(', '),
      );
    case 'empty':
      return vscode.l10n.t('The model wrote no message. Try again.');
    default:
      return draft satisfies never;
  }
}

export class CommitCommand {
  /** Repositories whose message is being written. */
  private readonly running = new Set<string>();
  /** What was written here: not the author's words, so no hint for the next one. */
  private readonly written = new Map<string, string>();

  constructor(private readonly writer: CommitWriter) {}

  /** @throws what git or the backend fails with */
  async run(argument: unknown): Promise<void> {
    const choice = await chooseRepository(argument);
    if (choice.kind === 'dismissed') return;
    if (choice.kind === 'none') return tellMissing(choice.reason, choice.action);
    const { repository } = choice;
    const key = repository.rootUri.toString();
    if (this.running.has(key)) return;
    this.running.add(key);
    try {
      await this.write(repository);
    } finally {
      this.running.delete(key);
    }
  }

  /** Puts a message into the box, unless its text isn't `before` any more. */
  async fill(repository: GitRepository, before: string, text: string): Promise<void> {
    const box = repository.inputBox;
    if (box.value !== before) {
      const replace = vscode.l10n.t('Replace');
      const chosen = await vscode.window.showInformationMessage(
        vscode.l10n.t('You have typed a commit message meanwhile. It was left as it is.'),
        replace,
      );
      if (chosen !== replace) return;
      return this.fill(repository, box.value, text);
    }
    box.value = text;
    this.written.set(repository.rootUri.toString(), text);
    if (before === '') return;
    const undo = vscode.l10n.t('Undo');
    const chosen = await vscode.window.showInformationMessage(
      vscode.l10n.t('The commit message was replaced.'),
      undo,
    );
    if (chosen === undo && box.value === text) box.value = before;
  }

  private async write(repository: GitRepository): Promise<void> {
    const before = repository.inputBox.value;
    const isOurs = before === this.written.get(repository.rootUri.toString());
    const draft = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t('TPU Pilot: writing the commit message'),
        cancellable: true,
      },
      (progress, token) =>
        abortOnCancel(token, (signal) =>
          this.writer.write({
            repository,
            hint: isOurs ? '' : before.trim(),
            signal,
            onProgress: (part) => {
              if (part.kind === 'notice') progress.report({ message: noticeText(part.message) });
            },
          }),
        ),
    );
    if (draft.kind === 'message') return this.fill(repository, before, draft.text);
    await vscode.window.showInformationMessage(reasonOf(draft) ?? '');
  }
}

async function tellMissing(reason: string, action: vscode.Command | undefined): Promise<void> {
  const buttons = action ? [action.title] : [];
  const chosen = await vscode.window.showInformationMessage(reason, ...buttons);
  if (action && chosen === action.title) await vscode.commands.executeCommand(action.command);
}
