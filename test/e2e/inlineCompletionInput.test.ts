/** Notebooks, and files that no suggestion can be made for. */
import { expect } from 'vitest';
import { closeTab, openReport, tableRows } from '../support/editor/report.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

const notebook = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { language_info: { name: 'python' } },
  cells: [
    {
      id: 'one',
      cell_type: 'code',
      metadata: {},
      execution_count: null,
      outputs: [],
      source: ['def mean(values):\n', '    return sum(values) / len(values)'],
    },
    {
      id: 'two',
      cell_type: 'code',
      metadata: {},
      execution_count: null,
      outputs: [],
      source: ['def minimum(values):\n', '    """The smallest value."""'],
    },
  ],
};

const files = {
  'analysis.ipynb': JSON.stringify(notebook),
  'minified.js': `var a=[${'1,'.repeat(1024 * 1024)}1];`,
  'windows.py': 'def mean(values):\r\n    return sum(values) / len(values)\r\n\r\n\r\n',
};

const WHY = ['TPU Pilot: Why No Suggestion?', 'Why No Suggestion?'] as const;

describeEditor(
  'completion in unusual files',
  (suite) => {
    const why = async (): Promise<{ now: string; rows: string[][] }> => {
      const { window } = suite;
      const report = await openReport(window, ...WHY);
      const now = await report.locator('h2 + p').first().textContent();
      const rows = (await report.locator('table').count()) > 0 ? await tableRows(report, 0) : [];
      await closeTab(window);
      return { now: now ?? '', rows };
    };

    suite.it('suggests in a cell of a notebook', async () => {
      const { window } = suite;
      await window.page
        .locator('.explorer-folders-view .monaco-list-row', { hasText: 'analysis.ipynb' })
        .dblclick();
      const cell = window.page.locator('.notebookOverlay .cell .monaco-editor').nth(1);
      await cell.click();
      await window.press('Control+End');
      await window.type('\n');
      expect(await window.ghostTextShown()).not.toBe('');
      await window.screenshot(screenshots, 'inline-completion-notebook');
      const { rows } = await why();
      expect(rows.find(([, file]) => file === 'analysis.ipynb')?.[2]).toBe('suggested');
    });

    suite.it('keeps the line ends of a Windows file', async () => {
      const { window } = suite;
      await window.openFile('windows.py');
      await window.press('Control+End');
      await window.type('def median(values):\n');
      await window.ghostTextShown();
      await window.press('Tab');
      await window.statusBar('CRLF').waitFor();
      await window.save();
    });

    suite.it('leaves a minified file alone, and says why', async () => {
      const { window } = suite;
      await window.openFile('minified.js');
      await window.goTo(1, 5);
      await window.type('b=2,');
      await window.page.locator('.tab.active.dirty').waitFor();
      await window.runCommand('Trigger Inline Suggestion');
      const { now, rows } = await why();
      expect(now).toContain('file is too large');
      expect(rows[0]?.[2]).toMatch(/^file is too large/);
    });
  },
  {},
  { files },
);
