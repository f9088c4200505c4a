/**
 * Which folders of the workspace hold a model, for the explorer's context menu: a when-clause can
 * look a path up in a context key, but it cannot look into a folder.
 */
import * as vscode from 'vscode';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';

const KEY = 'tpuPilot.modelFolders';
const PATTERN = '**/*.safetensors';
const MOST_FILES = 500;

export class ModelFolders implements vscode.Disposable {
  private readonly own = new Disposables();
  /** Numbers of weight files by folder. */
  private readonly folders = new Map<string, number>();

  constructor(private readonly log: Pick<vscode.LogOutputChannel, 'error'>) {
    const watcher = this.own.add(vscode.workspace.createFileSystemWatcher(PATTERN, false, true));
    this.own.add(watcher.onDidCreate((file) => this.count(file, 1)));
    this.own.add(watcher.onDidDelete((file) => this.count(file, -1)));
    guard(log, this.look());
  }

  dispose(): void {
    this.own.dispose();
  }

  private async look(): Promise<void> {
    const exclude = '**/node_modules/**';
    const files = await vscode.workspace.findFiles(PATTERN, exclude, MOST_FILES);
    for (const file of files) this.add(file, 1);
    if (files.length > 0) this.publish();
  }

  private count(file: vscode.Uri, change: 1 | -1): void {
    this.add(file, change);
    this.publish();
  }

  private add(file: vscode.Uri, change: 1 | -1): void {
    const folder = vscode.Uri.joinPath(file, '..').fsPath;
    const left = (this.folders.get(folder) ?? 0) + change;
    if (left > 0) this.folders.set(folder, left);
    else this.folders.delete(folder);
  }

  private publish(): void {
    const set = vscode.commands.executeCommand('setContext', KEY, [...this.folders.keys()]);
    guard(this.log, set);
  }
}
