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
  'binary.py': 'x = "\0\u0001\u0002"\n'.repeat(50),
  'huge.py': 'value = 1  # a line of a large file\n'.repeat(3_000_000),
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

    /** VS Code asks before it opens a file that is large or not text. */
    const openAnyway = async (name: string, text: string): Promise<void> => {
      const { page } = suite.window;
      await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).dblclick();
      await page.getByRole('button', { name: 'Open Anyway' }).click();
      await page.locator('.editor-instance .view-line', { hasText: text }).first().waitFor();
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

    suite.it('leaves a file of 100 MB alone, and says why', async () => {
      const { window } = suite;
      await openAnyway('huge.py', 'a line of a large file');
      await window.press('Control+Home');
      await window.type('x = ');
      await window.page.locator('.tab.active.dirty').waitFor();
      await window.screenshot(screenshots, 'huge-file');
      expect((await why()).now).toContain('file is too large');
      await window.runCommand('File: Revert File');
    });

    suite.it('survives binary text and fast undo', async () => {
      const { window } = suite;
      await openAnyway('binary.py', 'x = ');
      await window.press('Control+End');
      await window.type('value = ');
      for (let i = 0; i < 12; i++) await window.press('Control+Z');
      await window.type('y = ');
      await window.runCommand('Trigger Inline Suggestion');
      const { rows } = await why();
      expect(rows[0]?.[1]).toBe('binary.py');
    });
  },
  {},
  { files },
);
