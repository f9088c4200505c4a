/** Reading what a question is about: from the editor when it is open there, else from disk. */
import * as vscode from 'vscode';
import { openDocument } from '../openDocument.ts';

/** The part of the editor that reads files; tests hand in another. */
export interface Files {
  openDocument(uri: vscode.Uri): vscode.TextDocument | undefined;
  stat(uri: vscode.Uri): Thenable<Pick<vscode.FileStat, 'type' | 'size'>>;
  read(uri: vscode.Uri): Thenable<string>;
  list(uri: vscode.Uri): Thenable<[string, vscode.FileType][]>;
}

export const editorFiles: Files = {
  openDocument,
  stat: (uri) => vscode.workspace.fs.stat(uri),
  async read(uri) {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  },
  list: (uri) => vscode.workspace.fs.readDirectory(uri),
};
