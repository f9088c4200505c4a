/** Which repository a commit message is for. */
import * as vscode from 'vscode';
import * as z from 'zod';
import { Address, gitRepositories, type GitRepository } from './git.ts';

export type Choice =
  | { readonly kind: 'repository'; readonly repository: GitRepository }
  /** Why there is none, and what helps, if anything does. */
  | { readonly kind: 'none'; readonly reason: string; readonly action?: vscode.Command }
  | { readonly kind: 'dismissed' };

/** What VS Code hands to a command in the title of a source control view. */
const SourceControl = z.looseObject({ rootUri: Address });

function nameOf({ rootUri }: GitRepository): string {
  return rootUri.path.slice(rootUri.path.lastIndexOf('/') + 1);
}

function missing(): Choice {
  if (!vscode.workspace.isTrusted) {
    return {
      kind: 'none',
      reason: vscode.l10n.t('Git is off in this folder until you trust it.'),
      action: {
        command: 'workbench.trust.manage',
        title: vscode.l10n.t('Manage Workspace Trust'),
      },
    };
  }
  return {
    kind: 'none',
    reason: vscode.l10n.t('Git is not available: turn on the Git extension, or install Git.'),
  };
}

/**
 * The repository of the view whose button was pressed, the only one, or the one the person picks.
 * @param argument Of the command: the source control view, a repository's address, or nothing.
 */
export async function chooseRepository(argument: unknown): Promise<Choice> {
  const repositories = await gitRepositories();
  if (!repositories) return missing();
  const [only, ...others] = repositories;
  if (!only) return { kind: 'none', reason: vscode.l10n.t('No Git repository is open.') };
  const root = SourceControl.safeParse(argument).data?.rootUri.toString() ?? argument;
  const named = repositories.find(({ rootUri }) => rootUri.toString() === root);
  if (named ?? others.length === 0) return { kind: 'repository', repository: named ?? only };
  const items = repositories.map((repository) => ({
    label: nameOf(repository),
    description: vscode.workspace.asRelativePath(repository.rootUri),
    repository,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: vscode.l10n.t('Write the commit message of which repository?'),
  });
  return picked ? { kind: 'repository', repository: picked.repository } : { kind: 'dismissed' };
}
