/** A webview that shows a page and hears its buttons and forms. */
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { Disposables } from '../disposables.ts';
import { guard } from '../guard.ts';
import { showProblem } from '../notices.ts';
import type { Html } from './html.ts';
import { PageMessage, type HostMessage } from './messages.ts';
import { documentOf } from './shell.ts';

export interface PageEdges {
  readonly extensionUri: vscode.Uri;
  readonly log: Pick<vscode.LogOutputChannel, 'info' | 'error'>;
}

/** Rejections are told to the person. */
type Listener = (message: PageMessage) => Promise<void>;

export class Page implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly panel: vscode.WebviewPanel;
  private listener: Listener | undefined;
  private readonly closed = new vscode.EventEmitter<void>();

  readonly onDidClose = this.closed.event;

  /** @param kind of page, for VS Code; not shown */
  constructor(
    kind: string,
    private readonly edges: PageEdges,
  ) {
    this.panel = vscode.window.createWebviewPanel(
      `tpuPilot.${kind}`,
      'TPU Pilot',
      vscode.ViewColumn.Active,
      { enableScripts: true, enableFindWidget: true, localResourceRoots: [this.resources] },
    );
    this.own.add(this.panel.webview.onDidReceiveMessage((raw: unknown) => this.take(raw)));
    this.own.add(
      this.panel.onDidDispose(() => {
        this.closed.fire();
        this.dispose();
      }),
    );
  }

  show(title: string, body: Html, listener: Listener): void {
    const { webview } = this.panel;
    const file = (name: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(this.resources, name)).toString();
    this.listener = listener;
    this.panel.title = title;
    webview.html = documentOf({
      source: webview.cspSource,
      script: file('page.js'),
      style: file('page.css'),
      nonce: randomBytes(16).toString('base64url'),
      language: vscode.env.language,
      title,
      body,
    });
  }

  /** Brings it to the front. */
  reveal(): void {
    this.panel.reveal();
  }

  async tell(message: HostMessage): Promise<void> {
    await this.panel.webview.postMessage(message);
  }

  dispose(): void {
    this.own.dispose();
    this.panel.dispose();
    this.closed.dispose();
  }

  private get resources(): vscode.Uri {
    return vscode.Uri.joinPath(this.edges.extensionUri, 'dist', 'pages');
  }

  private take(raw: unknown): void {
    const message = PageMessage.safeParse(raw);
    if (!message.success || !this.listener) return;
    guard(this.edges.log, this.listener(message.data).catch(showProblem));
  }
}
