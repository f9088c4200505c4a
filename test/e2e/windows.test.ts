import { expect, vi } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { describeEditor } from '../support/editor/suite.ts';

/** So small a model rambles now and then. */
const shortAnswers = { 'tpuPilot.chat.maxTokens': 48 };

describeEditor(
  'two windows',
  (suite) => {
    suite.it('share one backend, which outlives the window that started it', async () => {
      const { session, window: first } = suite;
      const pid = await session.backendPid();
      const second = await session.openWindow(session.home);
      await second.pilotReady();
      expect(await session.backendPid()).toBe(pid);

      await using client = await session.connect();
      const connections = async (): Promise<number> =>
        (await client.request('backend/status', null)).connections;
      // Both windows and this test.
      expect(await connections()).toBe(3);

      for (const window of [first, second]) {
        const chat = new ChatView(window);
        await chat.startOver();
        await chat.ask('@tpu Hello!');
        await chat.ended();
        expect((await chat.text()).length).toBeGreaterThan(0);
      }

      await first.close();
      await vi.waitFor(async () => expect(await connections()).toBe(2), {
        timeout: 60_000,
        interval: 100,
      });
      const chat = new ChatView(second);
      await chat.ask('@tpu Good bye!');
      await chat.ended();
      expect((await chat.text()).length).toBeGreaterThan(0);
      expect(await session.backendPid()).toBe(pid);
    });
  },
  shortAnswers,
);
