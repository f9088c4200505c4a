/** Notebooks, and files that no suggestion can be made for. */
import { expect } from 'vitest';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { readWhyReport } from '../support/editor/whyReport.ts';

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
  'binary.py': 'x = "\0\u0001\u0002"\n'.repeat(50),
  'huge.py': 'value = 1  # a line of a large file\n'.repeat(3_000_000),
  'windows.py': 'def mean(values):\r\n    return sum(values) / len(values)\r\n\r\n\r\n',
};

describeEditor(
  'completion in unusual files',
  (suite) => {
    /** VS Code asks before it opens a file that is large or not text. */
    const openAnyway = async (name: string, text: string): Promise<void> => {
      const { page } = suite.window;
      await page.locator('.explorer-folders-view .monaco-list-row', { hasText: name }).dblclick();
      await page.getByRole('button', { name: 'Open Anyway' }).click();
      const line = page.locator('.editor-instance .view-line', { hasText: text }).first();
      const textEditor = page.locator('.quick-input-list .monaco-list-row', {
        hasText: 'Text Editor',
      });
      await line.or(textEditor).first().waitFor();
      if (await textEditor.isVisible()) await textEditor.click();
      await line.waitFor();
      await page.locator('.editor-instance .view-lines').first().click();
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
      const { requests } = await readWhyReport(window);
      expect(requests.find(({ file }) => file === 'analysis.ipynb')?.fate).toBe('suggested');
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
      const { now, requests } = await readWhyReport(window);
      expect(now).toContain('file is too large');
      expect(requests[0]?.fate).toMatch(/^file is too large/);
      await window.runCommand('File: Revert File');
    });

    suite.it('leaves a file of 100 MB alone, and says why', async () => {
      const { window } = suite;
      await openAnyway('huge.py', 'a line of a large file');
      await window.press('Control+Home');
      await window.type('x = ');
      await window.page.locator('.tab.active.dirty').waitFor();
      await window.screenshot(screenshots, 'huge-file');
      expect((await readWhyReport(window)).now).toContain('file is too large');
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
      // Asked for, whatever came of it; and the editor goes on suggesting.
      const { requests } = await readWhyReport(window);
      expect(requests.map(({ file }) => file)).toContain('binary.py');
      await window.runCommand('File: Revert File');
      await window.openFile('statistics.py');
      await window.press('Control+End');
      await window.type('\n\ndef minimum(values):\n"""The smallest value."""\n');
      expect(await window.ghostTextShown()).not.toBe('');
    });
  },
  {},
  { files },
);
