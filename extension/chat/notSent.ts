import * as vscode from 'vscode';

/** Says in the answer which files or parts were left out; nothing when none were. */
export function tellNotSent(
  names: readonly string[],
  stream: Pick<vscode.ChatResponseStream, 'markdown'>,
): void {
  if (names.length === 0) return;
  stream.markdown(`*${vscode.l10n.t('Not sent: {0}.', names.join(', '))}*\n\n`);
}
