/** Code of an answer comes into the document, and goes again: with answers that the test writes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { startScriptedBackend, type ScriptedBackend } from '../support/editor/scriptedBackend.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor, type EditorSuite } from '../support/editor/suite.ts';

const WINDOWS_FILE = 'counter.ts';
const WINDOWS_TEXT = 'export class Counter {\r\n\tn = 0;\r\n\tup() {\r\n\t\tn++;\r\n\t}\r\n}\r\n';
const LINE_OF_UP = 4;

const TEST_FILE = "import { test } from 'vitest';\n\ntest('counts', () => {});\n";

/** What a good model would answer, in the shapes that models use. */
function answer(prompt: string): string {
  if (prompt.includes('Find and correct')) {
    return 'Here it is:\n\n```typescript\nup() {\n    this.n++;\n}\n```\n\n`this` was missing.\n';
  }
  if (prompt.includes('Write the documentation comment')) {
    return '```ts\n/** Counts one more. */\n```\n';
  }
  if (prompt.includes('Write unit tests')) return `\`\`\`ts\n${TEST_FILE}\`\`\`\n`;
  return 'Hello.\n';
}

let scripted: ScriptedBackend | undefined;

async function askAbout(suite: EditorSuite, command: string): Promise<ChatView> {
  const { window } = suite;
  await window.openFile(WINDOWS_FILE);
  await window.goTo(LINE_OF_UP, 1);
  // The symbols of the file come from the language's own service, which takes a while to start.
  await window.page.locator('.breadcrumbs-control', { hasText: 'up' }).waitFor();
  const chat = new ChatView(window);
  await chat.startOver();
  await chat.ask(`@tpu /${command} please`);
  await chat.ended();
  return chat;
}

async function textOnDisk(suite: EditorSuite): Promise<string> {
  return readFile(join(suite.session.workspace, WINDOWS_FILE), 'utf8');
}

describeEditor(
  'chatApply',
  (suite) => {
    // Before the session's own clean-up, which ends the process of the backend: it is this one.
    afterAll(async () => scripted?.close());

    suite.it('applies a fix after a look at it, and one undo takes it back', async () => {
      const { window } = suite;
      const chat = await askAbout(suite, 'fix');
      await window.screenshot(screenshots, 'chat-apply-button');
      await chat.button(`Apply to ${WINDOWS_FILE}`).click();
      await window.page.locator('.tab.active', { hasText: 'proposed change' }).waitFor();
      await window.page.locator('.editor.modified .char-insert').first().waitFor();
      await window.screenshot(screenshots, 'chat-apply-preview');
      await window.page.locator('.editor-actions').getByLabel('Apply Change').click();
      await window.page.locator('.tab.active.dirty', { hasText: WINDOWS_FILE }).waitFor();
      await window.save();
      expect(await textOnDisk(suite)).toBe(WINDOWS_TEXT.replace('n++', 'this.n++'));
      await window.focusEditor();
      await window.press('Control+Z');
      await window.save();
      expect(await textOnDisk(suite)).toBe(WINDOWS_TEXT);
    });

    suite.it('applies documentation with the keyboard alone', async () => {
      const { window } = suite;
      await askAbout(suite, 'doc');
      await window.runCommand('TPU Pilot: Apply the Last Answer');
      await window.page.locator('.tab.active', { hasText: 'proposed change' }).waitFor();
      await window.runCommand('TPU Pilot: Apply Change');
      await window.save();
      expect(await textOnDisk(suite)).toBe(
        WINDOWS_TEXT.replace('\tup', '\t/** Counts one more. */\r\n\tup'),
      );
      await window.focusEditor();
      await window.press('Control+Z');
      await window.save();
      expect(await textOnDisk(suite)).toBe(WINDOWS_TEXT);
    });

    suite.it('leaves the document alone when the change is discarded', async () => {
      const { window } = suite;
      const chat = await askAbout(suite, 'fix');
      await chat.button(`Apply to ${WINDOWS_FILE}`).click();
      await window.page.locator('.tab.active', { hasText: 'proposed change' }).waitFor();
      await window.page.locator('.editor-actions').getByLabel('Discard Change').click();
      await window.page
        .locator('.tab', { hasText: 'proposed change' })
        .waitFor({ state: 'detached' });
      expect(await textOnDisk(suite)).toBe(WINDOWS_TEXT);
    });

    suite.it('refuses when the document has changed since', async () => {
      const { window } = suite;
      const chat = await askAbout(suite, 'fix');
      await window.focusEditor();
      await window.type('x');
      await chat.button(`Apply to ${WINDOWS_FILE}`).click();
      await window.notification('has changed since this answer').waitFor();
      await window.focusEditor();
      await window.press('Control+Z');
    });

    suite.it('opens tests as a new file beside the code', async () => {
      const { window } = suite;
      const chat = await askAbout(suite, 'tests');
      await chat.button('Open as New File').click();
      await window.page.locator('.tab.active.dirty', { hasText: 'counter.test.ts' }).waitFor();
      await window.screenshot(screenshots, 'chat-new-file');
      await window.save();
      const file = join(suite.session.workspace, 'counter.test.ts');
      expect(await readFile(file, 'utf8')).toBe(TEST_FILE);
    });
  },
  {},
  {
    model: false,
    files: { [WINDOWS_FILE]: WINDOWS_TEXT },
    prepareHome: async (home) => {
      scripted = await startScriptedBackend(home, (call) => {
        call.write(...answer(call.prompt).split(/(?<=\n)/)).finish();
      });
    },
  },
);
