import * as vscode from 'vscode';

/** For people and models: the path in the workspace; of a notebook's cell, that of its notebook. */
export function fileName(uri: vscode.Uri): string {
  // The scheme of cells is that of no workspace folder.
  return vscode.workspace.asRelativePath(uri.scheme === 'vscode-notebook-cell' ? uri.fsPath : uri);
}
