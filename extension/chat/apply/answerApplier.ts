/** Brings code of an answer into the editor: by preview, at the cursor, or as a new file. */
import * as vscode from 'vscode';
import { commands } from '../../commandIds.ts';
import { inform } from '../../notices.ts';
import { openDocument } from '../../openDocument.ts';
import { ChangePreview, rangeOf, stillFits, textFor, type Replacement } from './changePreview.ts';
import { Proposal } from './proposals.ts';

type CommitProposal = Extract<Proposal, { kind: 'commitMessage' }>;

export class AnswerApplier implements vscode.Disposable {
  private readonly preview = new ChangePreview();
  /** Of the last answer, for who uses the keyboard. */
  private last: readonly Proposal[] = [];

  constructor(private readonly useCommitMessage: (proposal: CommitProposal) => Promise<void>) {}

  dispose(): void {
    this.preview.dispose();
  }

  /** Puts the buttons below an answer. */
  offer(proposals: readonly Proposal[], stream: Pick<vscode.ChatResponseStream, 'button'>): void {
    this.last = proposals;
    for (const proposal of proposals) {
      stream.button({
        command: commands.applyAnswer,
        title: labelOf(proposal),
        arguments: [proposal],
      });
    }
  }

  /** @param argument A Proposal from a button; anything else means the last answer. */
  async apply(argument: unknown): Promise<void> {
    const proposal = Proposal.safeParse(argument).data ?? (await this.choose());
    if (proposal) await this.carryOut(proposal);
  }

  /** Writes the change that is being looked at, as one step of undo. */
  async accept(): Promise<void> {
    const taken = await this.preview.take();
    if (!taken) return inform(vscode.l10n.t('No proposed change is open.'));
    const document = await this.unchanged(taken.document, taken.change);
    if (!document) return;
    const range = rangeOf(taken.change);
    const editor = await vscode.window.showTextDocument(document);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, range, textFor(document, taken.change));
    await vscode.workspace.applyEdit(edit);
    editor.revealRange(range);
  }

  async discard(): Promise<void> {
    const taken = await this.preview.take();
    if (!taken) await inform(vscode.l10n.t('No proposed change is open.'));
  }

  private async choose(): Promise<Proposal | undefined> {
    const [only, ...others] = this.last;
    if (!only) {
      await inform(vscode.l10n.t('The last answer of @tpu has no code to apply.'));
      return undefined;
    }
    if (others.length === 0) return only;
    const items = this.last.map((proposal) => ({ label: labelOf(proposal), proposal }));
    return (await vscode.window.showQuickPick(items))?.proposal;
  }

  private async carryOut(proposal: Proposal): Promise<void> {
    switch (proposal.kind) {
      case 'replace': {
        const document = await this.unchanged(vscode.Uri.parse(proposal.uri), proposal);
        if (document) await this.preview.show(document, proposal);
        return;
      }
      case 'newFile':
        return openNewFile(proposal.text, proposal.languageId, proposal.uri);
      case 'insert':
        return insertAtCursor(proposal.text);
      case 'commitMessage':
        return this.useCommitMessage(proposal);
      default:
        proposal satisfies never;
    }
  }

  /** The document, if the lines to replace are still what they were; says so when they are not. */
  private async unchanged(
    uri: vscode.Uri,
    change: Replacement,
  ): Promise<vscode.TextDocument | undefined> {
    const name = vscode.workspace.asRelativePath(uri);
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      if (stillFits(document, change)) return document;
    } catch {
      await inform(vscode.l10n.t('{0} cannot be opened: it was moved or deleted.', name));
      return undefined;
    }
    await inform(
      vscode.l10n.t('{0} has changed since this answer. Nothing was applied: ask again.', name),
    );
    return undefined;
  }
}

function labelOf(proposal: Proposal): string {
  switch (proposal.kind) {
    case 'replace': {
      const name = proposal.uri.slice(proposal.uri.lastIndexOf('/') + 1);
      return vscode.l10n.t('Apply to {0}', decodeURIComponent(name));
    }
    case 'newFile':
      return vscode.l10n.t('Open as New File');
    case 'insert':
      return vscode.l10n.t('Insert at Cursor');
    case 'commitMessage':
      return vscode.l10n.t('Use as Commit Message');
    default:
      return proposal satisfies never;
  }
}

/** Not saved: the person looks at it first. Named when nothing has that name yet. */
async function openNewFile(text: string, languageId: string, place?: string): Promise<void> {
  const wanted = place === undefined ? undefined : vscode.Uri.parse(place);
  const named = wanted && !(await exists(wanted)) ? wanted.with({ scheme: 'untitled' }) : undefined;
  if (!named || openDocument(named)) {
    const document = await vscode.workspace.openTextDocument({
      language: languageId,
      content: text,
    });
    await vscode.window.showTextDocument(document);
    return;
  }
  const document = await vscode.workspace.openTextDocument(named);
  const edit = new vscode.WorkspaceEdit();
  edit.insert(named, new vscode.Position(0, 0), text);
  await vscode.workspace.applyEdit(edit);
  await vscode.window.showTextDocument(document);
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

async function insertAtCursor(text: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return inform(vscode.l10n.t('Open a file first: there is no cursor to insert at.'));
  await editor.edit((edit) => edit.replace(editor.selection, text));
  await vscode.window.showTextDocument(editor.document, editor.viewColumn);
}
