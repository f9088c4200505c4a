import { expect, vi } from 'vitest';
import { ChatView } from '../support/editor/chatView.ts';
import { metric } from '../support/editor/metrics.ts';
import { screenshots } from '../support/editor/session.ts';
import { describeEditor } from '../support/editor/suite.ts';

const patient = { timeout: 60_000, interval: 50 };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** So small a model rambles now and then. */
const shortAnswers = { 'tpuPilot.chat.maxTokens': 160 };

describeEditor(
  'recovery',
  (suite) => {
    suite.it('finishes an answer whose device host is killed', async () => {
      const { session, window } = suite;
      await using client = await session.connect();
      const hostPid = async (): Promise<number | undefined> =>
        (await client.request('backend/status', null)).devices[0]?.pid;
      const first = await hostPid();
      expect(first).toBeTypeOf('number');

      const chat = new ChatView(window);
      await chat.startOver();
      await chat.ask('@tpu Explain in a few sentences why the sky is blue.');
      await chat.started();
      const begun = await chat.text();
      process.kill(first!, 'SIGKILL');
      await chat.ended();
      const whole = await chat.text();
      expect(whole.startsWith(begun)).toBe(true);
      expect(whole.length).toBeGreaterThan(begun.length);
      expect(whole).toContain('The device stopped in the middle of this answer');
      expect(await chat.problem()).toBeUndefined();

      expect(await hostPid()).not.toBe(first);
      const { text } = await client.request('metrics/snapshot', null);
      expect(metric(text, 'tpu_pilot_device_restarts_total')).toBe(1);

      await chat.ask('@tpu What is two plus two?');
      await chat.ended();
      expect(await chat.problem()).toBeUndefined();
      expect((await chat.text()).length).toBeGreaterThan(0);
    });

    suite.it('starts a killed backend again and answers the next question', async () => {
      const { session, window } = suite;
      const first = await session.backendPid();
      expect(first).toBeTypeOf('number');
      const client = await session.connect();
      const host = (await client.request('backend/status', null)).devices[0]?.pid;

      process.kill(first!, 'SIGKILL');
      await client.closed;
      const second = await vi.waitFor(async () => {
        const pid = await session.backendPid();
        expect(pid).toBeTypeOf('number');
        expect(pid).not.toBe(first);
        return pid;
      }, patient);
      await window.pilotReady();
      // Nothing of the dead backend stays behind.
      await vi.waitFor(() => expect(isAlive(host!)).toBe(false), patient);

      const chat = new ChatView(window);
      await chat.startOver();
      await chat.ask('@tpu What is the capital of France?');
      await chat.ended();
      expect(await chat.problem()).toBeUndefined();
      expect((await chat.text()).length).toBeGreaterThan(0);
      expect(await session.backendPid()).toBe(second);
      await window.screenshot(screenshots, 'after-recovery');
    });
  },
  shortAnswers,
);
