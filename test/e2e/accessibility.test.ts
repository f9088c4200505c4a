import { expect, vi } from 'vitest';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

const words = (text: string): string => text.replace(/\s+/g, '');
const patient = { timeout: 30_000, interval: 100 };

describeEditor(
  'with a screen reader',
  (suite) => {
    suite.it('a suggestion is announced, and can be read in the accessible view', async () => {
      const { window } = suite;
      await window.openFile('statistics.py');
      await window.press('Control+End');
      await window.type('\n\ndef minimum(values):\n"""The smallest value."""\n');
      const shown = words(await window.ghostTextShown());
      expect(shown).not.toBe('');
      const alerts = window.page.locator('.monaco-aria-container .monaco-alert');
      await vi.waitFor(async () => {
        expect(words((await alerts.allTextContents()).join(' '))).toContain(shown.slice(0, 10));
      }, patient);
      await window.press('Alt+F2');
      const view = window.page.locator('.accessible-view');
      await view.waitFor();
      await window.screenshot(screenshots, 'accessible-view');
      expect(words((await view.textContent()) ?? '')).toContain(shown.slice(0, 10));
      await window.press('Escape');
    });

    suite.it('the status is reached and used by the keyboard alone', async () => {
      const { window } = suite;
      await window.pilotIdle();
      const item = window.pilotStatus.getByRole('button', { name: /^TPU Pilot: ready\. / });
      await item.focus();
      await window.press('Enter');
      const rows = window.page.locator('.quick-input-list .monaco-list-row');
      await rows.filter({ hasText: 'Manage Models' }).waitFor();
      for (const row of await rows.all()) {
        expect(await row.getAttribute('aria-label')).toMatch(/^[^$]+$/);
      }
      await window.press('Escape');
    });
  },
  { 'editor.accessibilitySupport': 'on' },
);
