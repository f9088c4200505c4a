import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

/** Ghost text and source differ in spaces: VS Code draws them as non-breaking ones. */
const words = (text: string): string => text.replace(/\s+/g, '');

/** With the number of alternatives beside the ghost text. */
const settings = { 'editor.inlineSuggest.showToolbar': 'always' };

describeEditor(
  'inline completion',
  (suite) => {
    const file = 'statistics.py';
    const saved = (): Promise<string> => readFile(join(suite.session.workspace, file), 'utf8');

    /** Types at the end of the file and waits for the ghost text; returns what was shown. */
    const typeAtEnd = async (text: string): Promise<string> => {
      const { window } = suite;
      await window.openFile(file);
      await window.press('Control+End');
      await window.type(text);
      return window.ghostTextShown();
    };

    /** What is in the file now and was not before. */
    const savedBehind = async (before: string): Promise<string> => {
      await suite.window.save();
      const after = await saved();
      expect(after.startsWith(before.trimEnd())).toBe(true);
      return words(after.slice(before.trimEnd().length));
    };

    suite.it('shows ghost text that Tab accepts, and goes on with the next', async () => {
      const { window } = suite;
      const shown = await typeAtEnd('\n\ndef minimum(values):\n"""The smallest value."""\n');
      await window.screenshot(screenshots, 'inline-completion');
      expect(words(shown)).not.toBe('');
      await window.save();
      const before = await saved();
      await window.press('Tab');
      const inserted = await savedBehind(before);
      expect(inserted.slice(0, words(shown).length)).toBe(words(shown));
      await window.type('\n\ndef ');
      expect(words(await window.ghostTextShown())).not.toBe('');
    });

    suite.it('accepts the next word, and keeps the rest', async () => {
      const { window } = suite;
      const shown = words(await typeAtEnd('\n\ndef total(values):\n"""The sum."""\nreturn '));
      await window.save();
      const before = await saved();
      await window.press('Control+ArrowRight');
      const rest = words(await window.ghostTextShown());
      await window.screenshot(screenshots, 'inline-completion-word');
      const word = await savedBehind(before);
      expect(word.length).toBeGreaterThan(0);
      expect(shown.startsWith(word)).toBe(true);
      expect(rest.startsWith(shown.slice(word.length))).toBe(true);
    });

    suite.it('keeps the ghost text while what it says is typed', async () => {
      const { window } = suite;
      const shown = words(
        await typeAtEnd('\n\ndef spread(values):\n"""Largest less smallest."""\nret'),
      );
      const [first = ''] = shown;
      await window.type(first);
      // Replaced at once by the rest: at no moment is there none.
      await window.ghostText.filter({ hasNotText: shown }).first().waitFor();
      const rest = words((await window.ghostText.allTextContents()).join(''));
      expect(shown.slice(1).startsWith(rest) || rest.startsWith(shown.slice(1))).toBe(true);
    });

    suite.it('has alternatives for Alt+]', async () => {
      const { window } = suite;
      await typeAtEnd('\n\ndef describe(values):\n"""All of it."""\n');
      const number = window.page.locator('.inlineSuggestionsHints .availableSuggestionCount');
      await window.press('Alt+]');
      await number.filter({ hasText: /[123]\/[23]/ }).waitFor();
      await window.screenshot(screenshots, 'inline-completion-alternatives');
    });

    suite.it('drops the ghost text on Escape', async () => {
      const { window } = suite;
      await typeAtEnd('\n\ndef maximum(values):\n"""The largest value."""\n');
      await window.save();
      const before = await saved();
      await window.press('Escape');
      await window.ghostText.first().waitFor({ state: 'detached' });
      expect(await window.page.locator('.tab.active.dirty').count()).toBe(0);
      expect(await saved()).toBe(before);
    });
  },
  settings,
);
