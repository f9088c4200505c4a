import { expect } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

/** So small a model rambles now and then. */
const shortAnswers = { 'tpuPilot.chat.maxTokens': 48 };

describeEditor(
  'status bar',
  (suite) => {
    suite.it('says ready, then the latency', async () => {
      const { window } = suite;
      expect(await window.pilotStatus.textContent()).toMatch(/TPU ready/);
      const chat = new ChatView(window);
      await chat.startOver();
      await chat.ask('@tpu Hello!');
      await chat.ended();
      await window.statusBar(/TPU [\d.]+ m?s/).waitFor();
    });

    suite.it('tells a screen reader all of it, as a button', async () => {
      const { window } = suite;
      await window.pilotIdle();
      const button = window.pilotStatus.getByRole('button');
      expect(await button.getAttribute('aria-label')).toMatch(
        /^TPU Pilot: ready\. Latency: [\d.]+ m?s\. Press Enter for actions\.$/,
      );
    });

    suite.it(
      'has model, device, queue, memory and latency in its tooltip, with links',
      async () => {
        const { window } = suite;
        const tooltip = await window.hoverPilotStatus();
        expect(tooltip).toMatch(/TPU Pilot – ready/);
        expect(tooltip).toMatch(/SmolLM2.+\d+ tokens of context\d of \d slots in use/i);
        expect(tooltip).toMatch(/\(cpu\)/);
        expect(tooltip).toMatch(/0 running, 0 waiting/);
        expect(tooltip).toMatch(/backend \d+ MBdevice process \d+ MB/);
        expect(tooltip).toMatch(/first token p50/);
        await window.screenshot(screenshots, 'status-bar');
        const links = window.page.locator('.monaco-hover').getByRole('link');
        const titles = (await links.allTextContents()).map((title) =>
          title.replaceAll('\u00a0', ' '),
        );
        expect(titles).toEqual(
          expect.arrayContaining([
            'Manage Models',
            'Show Devices',
            'Show Log',
            'Why No Suggestion?',
            'Restart Backend',
            'Settings',
          ]),
        );
        await links.filter({ hasText: /Show.Devices/ }).click();
        const row = window.page.locator('.quick-input-list .monaco-list-row');
        await row.filter({ hasText: 'Process memory' }).waitFor();
        await window.screenshot(screenshots, 'devices');
        await window.press('Escape');
      },
    );

    suite.it('offers the same as a menu', async () => {
      const { window } = suite;
      await window.pilotStatus.click();
      const rows = window.page.locator('.quick-input-list .monaco-list-row');
      await rows.filter({ hasText: 'Manage Models' }).waitFor();
      await window.screenshot(screenshots, 'status-menu');
      await rows.filter({ hasText: 'Manage Models' }).click();
      await rows.filter({ hasText: 'Loaded.' }).waitFor();
      await window.screenshot(screenshots, 'models');
      await window.press('Escape');
    });

    suite.it('follows the commands that stop and start the backend', async () => {
      const { window, session } = suite;
      await window.runCommand('TPU Pilot: Stop');
      await window.statusBar(/TPU off/).waitFor();
      expect(await session.backendPid()).toBeUndefined();
      expect(await window.hoverPilotStatus()).toContain('Start it for suggestions and chat');
      await window.screenshot(screenshots, 'status-off');
      await window.runCommand('TPU Pilot: Start');
      await window.pilotReady();
      expect(await session.backendPid()).toBeTypeOf('number');
    });
  },
  shortAnswers,
);
