/** Where inline completion keeps quiet and says why, and what it takes along from other files. */
import { expect } from 'vitest';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { readWhyReport } from '../support/editor/whyReport.ts';

const settings = { 'tpuPilot.inlineCompletion.disabledLanguages': ['markdown'] };
const files = {
  '.env': 'API_KEY=0123456789abcdef\n',
  'useBuffer.ts':
    "import { RingBuffer } from './ringBuffer.ts';\n\nconst buffer = new RingBuffer(8);\n",
};
/** How often somebody asks again before it counts as a fault. */
const ATTEMPTS = 8;

describeEditor(
  'quiet completion',
  (suite) => {
    const typeAtEnd = async (file: string, text: string): Promise<void> => {
      const { window } = suite;
      await window.openFile(file);
      await window.press('Control+End');
      await window.type(text);
    };

    /**
     * What became of the last request in a file where nothing is suggested. VS Code asks a moment
     * after a key, and not at all when something else takes the focus away.
     */
    const fateIn = async (file: string, text: string): Promise<string> => {
      await typeAtEnd(file, text);
      for (let attempt = 1; attempt < ATTEMPTS; attempt++) {
        const { requests } = await readWhyReport(suite.window);
        const found = requests.find((request) => request.file === file);
        if (found) return found.fate;
        await suite.window.openFile(file);
        await suite.window.runCommand('Trigger Inline Suggestion');
      }
      return 'never asked for';
    };

    const choosePause = async (label: string): Promise<void> => {
      const { window } = suite;
      await window.runCommand('TPU Pilot: Pause or Resume Inline Completion');
      await window.page.locator('.quick-input-list').getByText(label, { exact: true }).click();
    };

    suite.it('makes no suggestion in the chat box', async () => {
      const { window } = suite;
      await window.runCommand('Chat: Open Chat');
      await window.page.locator('.interactive-input-part .monaco-editor').first().click();
      await window.type('def minimum(values):');
      await window.press('Control+A');
      await window.press('Delete');
      await window.runCommand('View: Toggle Secondary Side Bar Visibility');
      await typeAtEnd('statistics.py', '\n\ndef minimum(values):\n"""The smallest value."""\n');
      await window.ghostTextShown();
      const { requests } = await readWhyReport(window);
      expect(new Set(requests.map(({ file }) => file))).toEqual(new Set(['statistics.py']));
    });

    suite.it('makes none in files that are excluded, and languages that are off', async () => {
      expect(await fateIn('.env', 'TOKEN=')).toMatch(/^file is excluded/);
      expect(await fateIn('README.md', '\nThis project ')).toMatch(/^off for this language/);
    });

    suite.it('looks up what a file imports, and says what goes along', async () => {
      const { window } = suite;
      let now = '';
      // The language service of TypeScript takes a while to start; another line has it looked up anew.
      for (let line = 1, left = 2 * ATTEMPTS; left > 0 && !now.includes('ringBuffer.ts'); left--) {
        await window.openFile('useBuffer.ts');
        await window.goTo(line, 1);
        line = 4 - line;
        ({ now } = await readWhyReport(window));
      }
      expect(now).toContain('ringBuffer.ts');
    });

    suite.it('rests during a pause, and says so', async () => {
      const { window } = suite;
      await choosePause('Pause for 10 minutes');
      await window.statusBar(/TPU paused/).waitFor();
      expect(await fateIn('wordcount.go', '\n// ')).toMatch(/^paused/);
      await window.openFile('wordcount.go');
      expect((await readWhyReport(window)).now).toMatch(/^paused/);
      await window.screenshot(screenshots, 'completion-paused');
      await choosePause('Resume');
      await window.pilotReady();
      await typeAtEnd('statistics.py', '\n\ndef maximum(values):\n"""The largest value."""\n');
      await window.ghostTextShown();
    });
  },
  settings,
  { files },
);
