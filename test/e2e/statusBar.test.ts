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

    suite.it('names model, device and latency in its tooltip', async () => {
      const { window } = suite;
      const tooltip = await window.hoverPilotStatus();
      expect(tooltip).toContain('TPU Pilot');
      expect(tooltip).toMatch(/Device: .+\(cpu/);
      expect(tooltip).toMatch(/Model: SmolLM2.+ tokens of context/i);
      expect(tooltip).toMatch(/first token p50/);
      await window.screenshot(screenshots, 'status-bar');
    });

    suite.it('follows the commands that stop and start the backend', async () => {
      const { window, session } = suite;
      await window.runCommand('TPU Pilot: Stop');
      await window.statusBar(/TPU stopped/).waitFor();
      expect(await session.backendPid()).toBeUndefined();
      await window.runCommand('TPU Pilot: Start');
      await window.pilotReady();
      expect(await session.backendPid()).toBeTypeOf('number');
    });
  },
  shortAnswers,
);
