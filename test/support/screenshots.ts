/**
 * `npm run screenshots`: makes the pictures of the README anew, in media/screenshots, with the test
 * model in the packaged extension. Model answers differ from run to run: look before committing.
 * `report.png` is the picture that test/e2e/convert.test.ts makes of a tensor, `emulator.png` that
 * which test/e2e/emulator.test.ts makes of the tooltip.
 */
import { join } from 'node:path';
import { ChatView } from './editor/chatView.ts';
import { provideChromium } from './editor/chromium.ts';
import { provideEditor } from './editor/provision.ts';
import { EditorSession } from './editor/session.ts';
import { packageExtension } from './package.ts';
import provideModel, { testModelPath } from './provideModel.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'media/screenshots');
const report = (line: string): void => console.error(line);

const settings = {
  // Larger than a person would have it, to be read in a scaled-down picture.
  'editor.fontSize': 15,
  'editor.lineHeight': 1.5,
  'chat.fontSize': 14,
  'editor.stickyScroll.enabled': false,
  'window.title': '${dirty}${activeEditorShort}${separator}${rootName}',
};

await provideModel();
const provided = {
  vsix: await packageExtension(root),
  editor: await provideEditor(report),
  chromium: await provideChromium(report),
};
await using session = await EditorSession.start(provided, testModelPath(), settings);
const window = await session.openWindow();
await window.pilotReady();
await window.page.addStyleTag({
  content: ".monaco-workbench { font-family: Inter, 'DejaVu Sans', sans-serif !important; }",
});

await window.openFile('statistics.py');
await window.runCommand('View: Toggle Primary Side Bar Visibility');
await window.dragSash(980, 760);
const chat = new ChatView(window);
// So small a model rambles now and then; the picture is of a short answer with one piece of code.
for (let attempt = 1; attempt <= 10; attempt++) {
  await chat.startOver();
  await chat.ask('@tpu Write a Python function that reverses a string. Only the code.');
  await chat.ended();
  const pieces = await chat.answer.locator('.chat-markdown-part > *').count();
  const startsWithCode = await chat.answer
    .locator('.chat-markdown-part > .code:first-child')
    .count();
  if (startsWithCode === 1 && pieces <= 2) break;
}
await window.pilotIdle();
await window.screenshot(folder, 'chat');

await window.runCommand('View: Hide Secondary Side Bar');
await window.runCommand('View: Toggle Primary Side Bar Visibility');
await window.focusEditor();
await window.press('Control+End');
await window.type('\n\ndef minimum(values):\n"""The smallest value."""\n');
await window.ghostTextShown();
await window.pilotIdle();
await window.screenshot(folder, 'inline-completion');

await window.press('Tab');
await window.pilotIdle();
await window.hoverPilotStatus();
await window.screenshot(folder, 'status-bar');
