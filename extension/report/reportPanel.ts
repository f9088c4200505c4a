/** Reports in the editor: one page for each model, filled anew when it is asked for again. */
import type * as vscode from 'vscode';
import { Disposables } from '../disposables.ts';
import type { PageMessage } from '../pages/messages.ts';
import { Page, type PageEdges } from '../pages/page.ts';
import { tensorRows } from './layerErrors.ts';
import { reportPage, type ModelReport } from './reportPage.ts';
import { tensorDetail } from './tensorViews.ts';

/** What the buttons of a report do. */
export type ReportActions = Readonly<
  Partial<Record<'use' | 'verify' | 'convert' | 'convertAgain' | 'compile', () => Promise<void>>>
>;

export class ReportPanels implements vscode.Disposable {
  private readonly own = new Disposables();
  private readonly pages = new Map<string, Page>();

  constructor(private readonly edges: PageEdges) {}

  /** @param key of the model; what it is called need not be unique */
  show(key: string, report: ModelReport, actions: ReportActions): void {
    const page = this.pages.get(key) ?? this.open(key);
    const rows = report.verification ? tensorRows(report.verification) : [];
    page.show(report.name, reportPage(report), async (message: PageMessage) => {
      if (message.type !== 'action') return;
      switch (message.action) {
        case 'tensor': {
          const row = rows[Number(message.value)];
          if (!row) return;
          const content = tensorDetail(row).toString();
          await page.tell({ type: 'region', id: 'tensor-detail', html: content, hasFocus: true });
          return;
        }
        case 'use':
        case 'verify':
        case 'convert':
        case 'convertAgain':
        case 'compile':
          await actions[message.action]?.();
          return;
      }
    });
    page.reveal();
  }

  dispose(): void {
    this.own.dispose();
  }

  private open(key: string): Page {
    const page = this.own.add(new Page('report', this.edges));
    this.pages.set(key, page);
    page.onDidClose(() => this.pages.delete(key));
    return page;
  }
}
