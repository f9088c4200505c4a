import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

/** Ghost text and source differ in spaces: VS Code draws them as non-breaking ones. */
const words = (text: string): string => text.replace(/\s+/g, '');

describeEditor('inline completion', (suite) => {
  const file = 'statistics.py';
  const saved = (): Promise<string> => readFile(join(suite.session.workspace, file), 'utf8');

  /** Types at the end of the file, waits for the ghost text, saves; returns what was shown. */
  const typeAtEnd = async (text: string): Promise<string> => {
    const { window } = suite;
    await window.openFile(file);
    await window.press('Control+End');
    await window.type(text);
    const shown = await window.ghostTextShown();
    await window.save();
    return shown;
  };

  suite.it('shows ghost text that Tab accepts', async () => {
    const shown = await typeAtEnd('\n\ndef minimum(values):\n"""The smallest value."""\n');
    await suite.window.screenshot(screenshots, 'inline-completion');
    const before = await saved();
    expect(words(shown)).not.toBe('');

    await suite.window.press('Tab');
    await suite.window.save();
    const after = await saved();
    expect(after.startsWith(before.trimEnd())).toBe(true);
    const inserted = words(after.slice(before.trimEnd().length));
    expect(inserted.slice(0, words(shown).length)).toBe(words(shown));
  });

  suite.it('drops the ghost text on Escape', async () => {
    await typeAtEnd('\n\ndef maximum(values):\n"""The largest value."""\n');
    const before = await saved();
    await suite.window.press('Escape');
    await suite.window.ghostText.first().waitFor({ state: 'detached' });
    expect(await suite.window.page.locator('.tab.active.dirty').count()).toBe(0);
    expect(await saved()).toBe(before);
  });
});
