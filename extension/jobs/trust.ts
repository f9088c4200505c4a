/** Jobs run the compiler and write large files: only for folders that are trusted. */
import * as vscode from 'vscode';
import { offerWarning } from '../notices.ts';

/** False after saying why. */
export async function mayStartJobs(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  await offerWarning(
    vscode.l10n.t(
      'This folder is not trusted. Conversions, verifications and installations run programs on model files, so they are started only from folders that you trust.',
    ),
    {
      title: vscode.l10n.t('Manage Workspace Trust'),
      run: () => vscode.commands.executeCommand('workbench.trust.manage'),
    },
  );
  return false;
}
