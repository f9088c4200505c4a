import { expect, vi } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';
import { startOtherVersion } from '../support/startOtherVersion.ts';

const patient = { timeout: 60_000, interval: 50 };

describeEditor(
  'without a backend',
  (suite) => {
    suite.it('opens, says that it is off, and leaves the editor alone', async () => {
      const { window } = suite;
      expect(await window.hoverPilotStatus()).toContain('The backend is not running.');
      await window.openFile('statistics.py');
      await window.press('Control+End');
      await window.type('\n\ndef minimum(values):\n');
      expect(await window.ghostText.count()).toBe(0);
      expect(await window.page.locator('.notification-toast').count()).toBe(0);
    });

    suite.it('says in the chat what is missing, with a button that helps', async () => {
      const { window } = suite;
      const chat = new ChatView(window);
      await window.runCommand('Chat: Open Chat');
      await chat.ask('@tpu Hello!');
      await chat.ended();
      expect(await chat.problem()).toMatch(/No backend answers.+"TPU Pilot: Start Backend"/);
      await window.screenshot(screenshots, 'chat-without-backend');
      await chat.answer.getByRole('button', { name: 'Start Backend' }).click();
      await window.pilotReady();
    });
  },
  { 'tpuPilot.chat.maxTokens': 48 },
  {
    machineSettings: { 'tpuPilot.backend.autoStart': false },
    until: (window) => window.statusBar(/TPU off/).waitFor(),
  },
);

describeEditor(
  'a backend of another version',
  (suite) => {
    suite.it('is told once, in the status bar and in the chat', async () => {
      const { window } = suite;
      const message = window.notification(/speaks protocol \d+, the backend \d+/);
      await message.waitFor();
      expect(await window.page.locator('.notification-toast').count()).toBe(1);
      expect(await window.hoverPilotStatus()).toContain('TPU Pilot: Restart Backend');
      await window.screenshot(screenshots, 'other-version');
    });

    suite.it('gives way to ours when it is restarted', async () => {
      const { window, session } = suite;
      const before = await session.backendPid();
      expect(before).toBeTypeOf('number');
      await window.runCommand('TPU Pilot: Restart Backend');
      await window.pilotReady();
      await vi.waitFor(async () => expect(await session.backendPid()).not.toBe(before), patient);
      await using client = await session.connect();
      expect((await client.request('backend/status', null)).state).toBe('ready');
    });
  },
  {},
  {
    prepareHome: async (home) => {
      await startOtherVersion(home);
    },
    until: (window) => window.statusBar(/TPU other version/).waitFor(),
    expectedErrors: /Gave up on the backend: The client speaks protocol/,
  },
);
