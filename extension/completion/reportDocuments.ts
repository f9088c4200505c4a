/** Reports as read-only Markdown documents that exist in memory only, opened as a preview. */
import * as vscode from 'vscode';

const SCHEME = 'tpu-pilot-report';

export class ReportDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly registration: vscode.Disposable;
  private shown = 0;

  constructor() {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  /** Opens a report, in the preview that is open if there is one. @param title names its tab */
  async show(title: string, markdown: string): Promise<void> {
    const path = `/${title.replaceAll('/', '-')}`;
    this.texts.set(path, markdown);
    // An address of its own: VS Code would show the old text first, which it keeps for a while.
    const uri = vscode.Uri.from({ scheme: SCHEME, path, query: String(++this.shown) });
    await vscode.commands.executeCommand('markdown.showPreview', uri);
  }

  dispose(): void {
    this.registration.dispose();
  }
}
