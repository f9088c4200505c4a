/** Pause, reasons and statistics of inline completion, and where it keeps quiet. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CompletionRecord } from '../../extension/completion/record.ts';
import { closeTab, openReport, tableRows } from '../support/editor/report.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

const settings = { 'tpuPilot.inlineCompletion.disabledLanguages': ['markdown'] };
const files = {
  '.env': 'API_KEY=0123456789abcdef\n',
  'useBuffer.ts':
    "import { RingBuffer } from './ringBuffer.ts';\n\nconst buffer = new RingBuffer(8);\n",
};
const WHY = ['TPU Pilot: Why No Suggestion?', 'Why No Suggestion?'] as const;
const STATISTICS = ['TPU Pilot: Show Completion Statistics', 'Completion Statistics'] as const;

describeEditor(
  'completion reports',
  (suite) => {
    /** The last requests, newest first. */
    const requests = async (): Promise<{ file: string; fate: string; outcome: string }[]> => {
      const report = await openReport(suite.window, ...WHY);
      const rows = (await report.locator('table').count()) > 0 ? await tableRows(report, 0) : [];
      await closeTab(suite.window);
      return rows.map(([, file = '', fate = '', outcome = '']) => ({ file, fate, outcome }));
    };

    const typeAtEnd = async (file: string, text: string): Promise<void> => {
      const { window } = suite;
      await window.openFile(file);
      await window.press('Control+End');
      await window.type(text);
    };

    /** Types where nothing is suggested, until the editor has asked; returns what became of it. */
    const fateIn = async (file: string, text: string): Promise<string> => {
      await typeAtEnd(file, text);
      for (;;) {
        const found = (await requests()).find((request) => request.file === file);
        if (found) return found.fate;
        // VS Code asks a moment after a key, and not at all when another key takes the focus away.
        await suite.window.openFile(file);
        await suite.window.runCommand('Trigger Inline Suggestion');
      }
    };

    const choosePause = async (label: string): Promise<void> => {
      const { window } = suite;
      await window.runCommand('TPU Pilot: Pause or Resume Inline Completion');
      await window.page.locator('.quick-input-list').getByText(label, { exact: true }).click();
    };

    suite.it('keeps quiet in the chat box, in excluded files and languages', async () => {
      const { window } = suite;
      await window.runCommand('Chat: Open Chat');
      await window.page.locator('.interactive-input-part .monaco-editor').first().click();
      await window.type('def minimum(values):');
      await window.runCommand('Trigger Inline Suggestion');
      await window.press('Control+A');
      await window.press('Delete');
      await window.runCommand('View: Toggle Secondary Side Bar Visibility');
      expect(await fateIn('.env', 'TOKEN=')).toMatch(/^file is excluded/);
      expect(await fateIn('README.md', '\nThis project ')).toMatch(/^off for this language/);
      await typeAtEnd('statistics.py', '\n\ndef minimum(values):\n"""The smallest value."""\n');
      await window.ghostTextShown();
      const seen = await requests();
      expect(new Set(seen.map(({ file }) => file))).toEqual(
        new Set(['.env', 'README.md', 'statistics.py']),
      );
      expect(seen.find(({ fate }) => fate === 'suggested')?.file).toBe('statistics.py');
    });

    suite.it('looks up what a file imports, and says what goes along', async () => {
      const { window } = suite;
      // The language service of TypeScript takes a while to start.
      for (let line = 1, found = ''; !found.includes('ringBuffer.ts'); line = 4 - line) {
        await window.openFile('useBuffer.ts');
        await window.goTo(line, 1);
        const report = await openReport(window, ...WHY);
        found = (await report.textContent()) ?? '';
        await closeTab(window);
      }
    });

    suite.it('rests during a pause, and says so', async () => {
      const { window } = suite;
      await choosePause('Pause for 10 minutes');
      await window.statusBar(/TPU paused/).waitFor();
      expect(await fateIn('wordcount.go', '\n// ')).toMatch(/^paused/);
      await window.openFile('wordcount.go');
      const report = await openReport(window, ...WHY);
      expect(await report.locator('h2 + p').first().textContent()).toMatch(/^paused/);
      await window.screenshot(screenshots, 'why-no-suggestion');
      await closeTab(window);
      await choosePause('Resume');
      await window.pilotReady();
      await typeAtEnd('statistics.py', '\n\ndef maximum(values):\n"""The largest value."""\n');
      await window.ghostTextShown();
    });

    suite.it('counts what was accepted, without a word of it', async () => {
      const { window, session } = suite;
      await typeAtEnd('statistics.py', '\n\ndef total(values):\n"""The sum."""\n');
      await window.ghostTextShown();
      await window.press('Tab');
      await window.save();
      const accepted = (await requests()).find(({ outcome }) => outcome.endsWith('accepted'));
      expect(accepted?.outcome).toBe('accepted');

      const report = await openReport(window, ...STATISTICS);
      const today = new Map((await tableRows(report, 0)).map(([name, value]) => [name, value]));
      expect(Number(today.get('Shown'))).toBeGreaterThanOrEqual(1);
      expect(today.get('Accepted')).toMatch(/^[1-9]\d* %$/);
      expect(today.get('Latency p95')).toMatch(/s$/);
      const languages = (await tableRows(report, 1)).map(([language]) => language);
      expect(languages).toContain('python');
      await window.screenshot(screenshots, 'completion-statistics');
      await closeTab(window);

      const storage = 'User/globalStorage/tpu-pilot.tpu-pilot/completion-statistics.json';
      const text = await readFile(join(session.userData, storage), 'utf8');
      expect(Object.keys(CompletionRecord.parse(JSON.parse(text)).days)).toHaveLength(1);
      expect(text).not.toMatch(/values|def|statistics/);
    });
  },
  settings,
  { files },
);
