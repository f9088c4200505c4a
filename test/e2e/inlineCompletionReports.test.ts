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

describeEditor(
  'completion reports',
  (suite) => {
    /** Fates of the last requests by file, newest first. */
    const requests = async (): Promise<{ file: string; fate: string; outcome: string }[]> => {
      const report = await openReport(
        suite.window,
        'TPU Pilot: Why No Suggestion?',
        'Why No Suggestion?',
      );
      const rows = await tableRows(report, 0);
      await closeTab(suite.window);
      return rows.map(([, file = '', fate = '', outcome = '']) => ({ file, fate, outcome }));
    };

    const typeAtEnd = async (file: string, text: string): Promise<void> => {
      const { window } = suite;
      await window.openFile(file);
      await window.press('Control+End');
      await window.type(text);
    };

    suite.it(
      'keeps quiet in the chat box, in excluded files and in languages on the list',
      async () => {
        const { window } = suite;
        await window.runCommand('Chat: Open Chat');
        const input = window.page.locator('.interactive-input-part .monaco-editor').first();
        await input.click();
        await window.type('def minimum(values):');
        await window.press('Control+A');
        await window.press('Delete');
        await window.runCommand('View: Toggle Secondary Side Bar Visibility');
        await typeAtEnd('.env', 'TOKEN=');
        await typeAtEnd('README.md', '\nThis project ');
        // The one place where something is suggested comes last: by then, all others were asked.
        await typeAtEnd('statistics.py', '\n\ndef minimum(values):\n"""The smallest value."""\n');
        await window.ghostTextShown();
        const seen = await requests();
        expect(new Set(seen.map(({ file }) => file))).toEqual(
          new Set(['.env', 'README.md', 'statistics.py']),
        );
        expect(seen.find(({ file }) => file === '.env')?.fate).toMatch(/^file is excluded/);
        expect(seen.find(({ file }) => file === 'README.md')?.fate).toMatch(
          /^off for this language/,
        );
        expect(seen.find(({ fate }) => fate === 'suggested')?.file).toBe('statistics.py');
      },
    );

    suite.it('looks up what a file imports, and says what goes along', async () => {
      const { window } = suite;
      await window.openFile('useBuffer.ts');
      // The language service of TypeScript takes a while to start.
      for (let line = 1, found = ''; !found.includes('ringBuffer.ts'); line = 4 - line) {
        await window.openFile('useBuffer.ts');
        await window.goTo(line, 1);
        const report = await openReport(
          window,
          'TPU Pilot: Why No Suggestion?',
          'Why No Suggestion?',
        );
        found = (await report.textContent()) ?? '';
        await closeTab(window);
      }
    });

    suite.it('rests during a pause, and says so', async () => {
      const { window } = suite;
      await window.runCommand('TPU Pilot: Pause or Resume Inline Completion');
      await window.page.locator('.quick-input-list .monaco-list-row').first().click();
      await window.statusBar(/TPU paused/).waitFor();
      await typeAtEnd('statistics.py', '\nx = ');
      const report = await openReport(
        window,
        'TPU Pilot: Why No Suggestion?',
        'Why No Suggestion?',
      );
      const [first = []] = await tableRows(report, 0);
      expect(first[2]).toMatch(/^paused/);
      await window.screenshot(screenshots, 'why-no-suggestion');
      await closeTab(window);
      await window.runCommand('TPU Pilot: Pause or Resume Inline Completion');
      await window.page
        .locator('.quick-input-list .monaco-list-row', { hasText: 'Resume' })
        .click();
      await window.pilotReady();
      await typeAtEnd('statistics.py', '\n\ndef maximum(values):\n"""The largest value."""\n');
      await window.ghostTextShown();
    });

    suite.it('counts what was accepted, without a word of it', async () => {
      const { window, session } = suite;
      await typeAtEnd('statistics.py', '\n\ndef total(values):\n"""The sum."""\n');
      await window.ghostTextShown();
      await window.press('Tab');
      await window.page.locator('.tab.active.dirty').waitFor();
      await window.save();
      const [newest] = (await requests()).filter(({ outcome }) => outcome.includes('accepted'));
      expect(newest?.outcome).toBe('accepted');

      const report = await openReport(
        window,
        'TPU Pilot: Show Completion Statistics',
        'Completion Statistics',
      );
      const today = new Map((await tableRows(report, 0)).map(([name, value]) => [name, value]));
      expect(Number(today.get('Shown'))).toBeGreaterThanOrEqual(1);
      expect(today.get('Accepted')).toMatch(/^[1-9]\d* %$/);
      expect(today.get('Latency p95')).toMatch(/s$/);
      expect((await tableRows(report, 1))[0]?.[0]).toBe('python');
      await window.screenshot(screenshots, 'completion-statistics');
      await closeTab(window);

      const path = join(
        session.userData,
        'User/globalStorage/tpu-pilot.tpu-pilot/completion-statistics.json',
      );
      const text = await readFile(path, 'utf8');
      expect(Object.keys(CompletionRecord.parse(JSON.parse(text)).days)).toHaveLength(1);
      expect(text).not.toMatch(/values|def|statistics/);
    });
  },
  settings,
  { files },
);
