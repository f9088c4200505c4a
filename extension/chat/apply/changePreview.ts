/** A proposed change beside the document as it is, in a diff editor, until it is taken or dropped. */
import * as vscode from 'vscode';
import type { Proposal } from './proposals.ts';

/** Of the proposed text; as in package.json, in the `when` of the buttons. */
export const PREVIEW_SCHEME = 'tpu-pilot-change';

export type Replacement = Extract<Proposal, { kind: 'replace' }>;

interface Pending {
  readonly preview: vscode.Uri;
  readonly document: vscode.Uri;
  readonly change: Replacement;
  readonly text: string;
}

/** The lines that a change replaces. */
export function rangeOf({ line, original }: Replacement): vscode.Range {
  const lines = original.split('\n');
  return new vscode.Range(line, 0, line + lines.length - 1, lines.at(-1)?.length ?? 0);
}

/** False when the document isn't what it was when the change was made. */
export function stillFits(document: vscode.TextDocument, change: Replacement): boolean {
  return textAt(document, rangeOf(change)) === change.original;
}

function textAt(document: vscode.TextDocument, range: vscode.Range): string {
  return document.getText(range).replaceAll('\r\n', '\n');
}

/** The replacement with the line ends of the document. */
export function textFor(document: vscode.TextDocument, { text }: Replacement): string {
  return document.eol === vscode.EndOfLine.CRLF ? text.replaceAll('\n', '\r\n') : text;
}

function whole(document: vscode.TextDocument, change: Replacement): string {
  const all = document.getText();
  const range = rangeOf(change);
  const start = document.offsetAt(range.start);
  const end = document.offsetAt(range.end);
  return all.slice(0, start) + textFor(document, change) + all.slice(end);
}

export class ChangePreview implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly pending = new Map<string, Pending>();
  private readonly listener: vscode.Disposable;
  private count = 0;

  constructor() {
    const registered = vscode.workspace.registerTextDocumentContentProvider(PREVIEW_SCHEME, this);
    const closed = vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      this.pending.delete(uri.toString());
    });
    this.listener = vscode.Disposable.from(registered, closed);
  }

  dispose(): void {
    this.listener.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string | undefined {
    return this.pending.get(uri.toString())?.text;
  }

  async show(document: vscode.TextDocument, change: Replacement): Promise<void> {
    this.count++;
    // The path gives the language; the number tells previews of one document apart.
    const preview = document.uri.with({ scheme: PREVIEW_SCHEME, query: String(this.count) });
    const text = whole(document, change);
    this.pending.set(preview.toString(), { preview, document: document.uri, change, text });
    const name = vscode.workspace.asRelativePath(document.uri);
    const title = vscode.l10n.t('{0}: proposed change', name);
    // Only the cursor goes there: a selection would hide the colours of the comparison.
    await vscode.commands.executeCommand('vscode.diff', document.uri, preview, title, {
      preview: true,
      selection: new vscode.Range(change.line, 0, change.line, 0),
    });
  }

  /** The change in the active diff editor, or the only one that waits. Its editor is closed. */
  async take(): Promise<Pending | undefined> {
    const active = previewIn(vscode.window.tabGroups.activeTabGroup.activeTab);
    const [only, ...others] = this.pending.values();
    const found = active ? this.pending.get(active.toString()) : undefined;
    const taken = found ?? (others.length === 0 ? only : undefined);
    if (!taken) return undefined;
    const key = taken.preview.toString();
    this.pending.delete(key);
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    await vscode.window.tabGroups.close(tabs.filter((tab) => previewIn(tab)?.toString() === key));
    return taken;
  }
}

function previewIn(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  if (!(input instanceof vscode.TabInputTextDiff)) return undefined;
  return input.modified.scheme === PREVIEW_SCHEME ? input.modified : undefined;
}
